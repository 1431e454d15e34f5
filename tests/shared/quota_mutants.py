"""Rules that keep the quota, each broken in the script, with the seed of a storm that shows it."""

from collections.abc import Sequence
from typing import NamedTuple


class Mutant(NamedTuple):
    """A rule, the text that it is in the script, the text that breaks it, and the seed."""

    rule: str
    old: str
    new: str
    seed: int


MUTANTS: Sequence[Mutant] = (
    Mutant("a call counts for a minute", "local MINUTE = 60", "local MINUTE = 50", 0),
    Mutant("a granted call counts at once", "table.insert(me.in_flight, {group[1], granted[at]})", "", 0),
    Mutant(
        "a silent replica's share is set aside",
        "set_aside = set_aside + math.max(0, share(member) - use - member.leased)",
        "",
        0,
    ),
    Mutant("silence is noted", "return member.alone or not member.registered or is_silent(member)", "return false", 0),
    Mutant(
        "a store without data grants nothing", "return math.max(until_when, state.unknown_until) - now", "return 0", 0
    ),
    Mutant(
        "members name each other to a store without data", "state.members[name] = member or new_member(boot)", "", 0
    ),
    Mutant(
        "a predecessor's calls count",
        "state.unknown_until = math.max(state.unknown_until, member.born + MINUTE)",
        "",
        2,
    ),
    Mutant(
        "calls that nobody reports count",
        "state.unknown_until = math.max(state.unknown_until, now + request.unreported_for)",
        "",
        3,
    ),
    Mutant(
        "leased slots count until they are returned",
        "me.leased = math.max(request.leased, reply.leased)",
        "me.leased = 0",
        4,
    ),
    Mutant("a quota with members stays", "return LIFETIME\n  end\n  local last", "return 1\n  end\n  local last", 3),
)
