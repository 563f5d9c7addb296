"""Applications in the console: their words, their tables, their own pages and their stories.

| module | does |
|---|---|
| `words` | what an application and its contracts call things, in one language |
| `sections` | what all pages of an application have in common |
| `tables` | the tables that an application declares, as tables of the console |
| `reading` | what an application's own page may ask |
| `templates` | where an application's own templates are found |
| `playing` | has a story played, in a process of its own |
| `scenes` | a story's record as its page shows it |
| `things` | what became of each thing of a story |
| `money` | amounts as text, never a float between |
| `values` | what calls and events say, as text for people |
"""
