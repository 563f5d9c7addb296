"""A story as data: who did what, what came of it, and who held what afterwards, step by step.

| module | does |
|---|---|
| `record` | the record's fields, and its bytes |
| `stage` | a ledger in memory that notes what happens on it |
| `telling` | opens calls and events: names, values, money that moved |
| `wording` | what the contracts call things, in each language |
| `sealing` | the proof file of each step |
| `recorder` | plays a story and puts the record together |

The console's story player, `dure demo stories --record` and the documentation read the same record:
`docs/reference/story-record.md`.
"""

from dure.testing.recording.record import (
    FORMAT,
    Actor,
    Movement,
    RecordedCall,
    RecordedEvent,
    RecordedStep,
    StoryRecord,
    Words,
    decode_record,
    encode_record,
)
from dure.testing.recording.recorder import record_story
from dure.testing.recording.wording import read_words

__all__ = [
    "FORMAT",
    "Actor",
    "Movement",
    "RecordedCall",
    "RecordedEvent",
    "RecordedStep",
    "StoryRecord",
    "Words",
    "decode_record",
    "encode_record",
    "read_words",
    "record_story",
]
