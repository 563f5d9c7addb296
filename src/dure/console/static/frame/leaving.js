// A page that is left before its way to the node is open leaves it to the browser to end. The library
// would close it in the middle of its greeting, of which the browser complains. No module, and loaded
// before the library: at a window, listeners are called in the order in which they came.

{
  const ways = new Set();
  document.addEventListener("htmx:ws:before:connection", (event) => ways.add(event.detail.connection));
  window.addEventListener("pagehide", () => {
    for (const way of ways) if (way.socket?.readyState === WebSocket.CONNECTING) way.socket = null;
  });
}
