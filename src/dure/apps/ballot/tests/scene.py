"""The people and the election with which every test of this folder begins."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from dure.apps.ballot.contract import Question
from dure.apps.ballot.hall import YES_NO, Cast, Hall, announce, invite, open_box
from dure.testing import Person, World


@dataclass(frozen=True)
class Scene:
    """An open box; ann, bob and cho are on the list, the stranger is not."""

    world: World
    hall: Hall
    ann: Person
    bob: Person
    cho: Person
    stranger: Person

    @property
    def cast(self) -> Cast:
        return self.hall.cast

    @property
    def box(self) -> Any:
        return self.hall.box

    @property
    def number(self) -> int:
        return self.hall.number

    def open(self, *places: int) -> Any:
        """Close the box, have the trustees at these places give parts, and count."""
        sums = self.hall.close()
        for place in places:
            self.hall.give_part(place, sums)
        return self.hall.count(sums)


def open_scene(
    world: World,
    questions: Sequence[Question] = (YES_NO,),
    *,
    trustees: int = 3,
    has_key: bool = True,
    **changes: Any,
) -> Scene:
    cast = invite(world, trustees)
    ann, bob, cho, stranger = world.people("ann", "bob", "cho", "stranger")
    box = open_box(world, cast)
    hall = announce(world, box, cast, questions, (ann, bob, cho), **changes)
    if has_key:
        hall.make_key()
    return Scene(world, hall, ann, bob, cho, stranger)
