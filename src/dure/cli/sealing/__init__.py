"""`dure seal`: data that only named readers open, kept by the parties' nodes."""
