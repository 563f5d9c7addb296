// Times in the zone that the reader has settled on. The server writes UTC; here only what is shown changes.

const ZONES = { seoul: "Asia/Seoul", local: undefined };

export function writeTimes(root) {
  const zone = document.documentElement.dataset.zone;
  if (!(zone in ZONES)) return;
  const format = new Intl.DateTimeFormat("en-CA", {
    timeZone: ZONES[zone], hourCycle: "h23", timeZoneName: "longOffset",
    year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", second: "2-digit",
  });
  for (const element of root.querySelectorAll("time[datetime]")) {
    const moment = new Date(element.dateTime);
    if (Number.isNaN(moment.getTime())) continue;
    const parts = Object.fromEntries(format.formatToParts(moment).map((part) => [part.type, part.value]));
    const offset = parts.timeZoneName.replace("GMT", "") || "+00:00";
    element.title = element.dateTime;
    element.textContent = `${parts.year}-${parts.month}-${parts.day} ${parts.hour}:${parts.minute}:${parts.second} ${offset}`;
  }
}
