"""Two fleets on one store, with one disturbance for both: one with quota to spare, and one whose quota is too small.

The first shows what callers notice and when the replicas share again, the second whether the quota is exceeded.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import Final, TypeAlias

from cg_client.entries import MAX_STALE
from cg_client.plans.plan_table import REQUESTS_PER_MINUTE, Plan
from chaos.fleet_traffic import CheckedMix, FleetTraffic, SharingProbe, traffic
from chaos.outcomes import LATE_BY, Answered, faults, shares, summary, too_old, unanswered
from chaos.replicas import Fleet, StoreLink, fleet
from chaos.rig import UNLIMITED, outcomes
from chaos.traffic import RECOVERS_WITHIN, as_text, in_time
from chaos.upstream_log import MINUTE, LoggedRequest, most_in_a_minute, sent_again
from chaos.verdict import Effort, Verdict

DEADLINE: Final = 5.0  # seconds
LIMIT: Final = REQUESTS_PER_MINUTE[Plan.STARTUP]
_CALLERS: Final = 6
_SLOW: Final = 0.1  # seconds that the upstream takes, so that calls are in flight at any time
_SETTINGS: Final = {"deadline_seconds": DEADLINE, "timeout_seconds": 3}

Disturbance: TypeAlias = Callable[[Sequence[Fleet]], Awaitable[None]]
"""Begins and ends what happens to the fleets."""


async def disturbed(
    label: str, links: Sequence[StoreLink], disturb: Disturbance, effort: Effort, host: str = "127.0.0.1"
) -> list[Verdict]:
    """`host`: where the upstreams listen. Goes on for a while after the disturbance, in which a burst would show."""
    async with (
        fleet(links, "professional", UNLIMITED, host, **_SETTINGS) as rich,
        fleet(links, "startup", LIMIT, host, **_SETTINGS) as poor,
    ):
        for each in (rich, poor):
            await each.upstream.fail("slow", seconds=_SLOW)
        probe = SharingProbe(rich, DEADLINE)
        async with (
            traffic(rich, CheckedMix(with_lists=True), _CALLERS, 0.5) as eased,
            traffic(poor, CheckedMix(with_lists=False), _CALLERS, 0.3) as pressed,
        ):
            await asyncio.sleep(effort.before_fault)
            before = await probe.again()
            await disturb((rich, poor))
            back, quota = await asyncio.gather(probe.again(), SharingProbe(poor, DEADLINE).quota_again())
            await asyncio.sleep(effort.after_fault)
        requests = [await each.upstream.requests() for each in (rich, poor)]
        problems = [*rich.problems(), *poor.problems()]
    again = f"; {sent_again(requests[0])} calls sent again, {eased.repeats} requests; probes: {probe.text()}"
    return [
        answers_verdict(label, eased, (before, back), problems, again),
        quota_verdict(label, pressed, requests[1], quota, is_new=effort.before_fault < MINUTE),
    ]


def breaches_of(flow: FleetTraffic) -> list[str]:
    """Compare closed bars with their true values, whatever their age, and check the age of what changes.

    A part may be ready long before the answer that it waits for is: its age counts when the request was sent.
    """
    changing = [
        replace(part, age=part.age - answer.reply.seconds)
        for answer in flow.answers
        for part in answer.outcomes
        if part.part not in flow.mix.reference
    ]
    return [*faults(flow.answers, DEADLINE, flow.mix.reference), *too_old(changing, MAX_STALE)]


def answers_verdict(
    label: str, flow: FleetTraffic, sharing: tuple[float | None, float | None], problems: Sequence[str], text: str = ""
) -> Verdict:
    """`sharing`: how long it took until the replicas shared, before the disturbance and after it."""
    before, back = sharing
    breaches = [*breaches_of(flow), *unanswered(flow.answers), *problems]
    breaches += [] if before is not None else ["nothing was shared before"]
    parts = outcomes(flow.answers)
    result = f"{shares(parts)}; slowest {slowest(flow.answers):.2f} s; shared again {as_text(back)}"
    bound = f"every part answered and true, ≤ {DEADLINE + LATE_BY:g} s, shared again ≤ {RECOVERS_WITHIN:g} s"
    holds = bool(parts) and not breaches and in_time(back)
    return Verdict(label, bound, f"{result}{text}{summary(breaches)}", holds)


def quota_verdict(
    label: str, flow: FleetTraffic, requests: Sequence[LoggedRequest], back: float | None, *, is_new: bool
) -> Verdict:
    """Judge whether the quota was exceeded; it counts as tried only if half of it was used at least.

    `back`: when it was shared again. A replica that `is_new` may wait for a minute, in which a predecessor counts.
    """
    breaches, most = breaches_of(flow), most_in_a_minute(requests)
    parts = outcomes(flow.answers)
    result = f"{most} in a minute, {len(requests)} in all; {shares(parts)}; slowest {slowest(flow.answers):.2f} s"
    result += f"; shared again {as_text(back)}"
    bound = f"≤ {LIMIT} calls in any 60 s, true or typed, ≤ {DEADLINE + LATE_BY:g} s"
    bound += "" if is_new else f", shared again ≤ {RECOVERS_WITHIN:g} s"
    is_used = most >= LIMIT / 2 and any(part.answered for part in parts)
    holds = is_used and most <= LIMIT and not breaches and (is_new or in_time(back))
    return Verdict(f"{label}, with more requests than the quota", bound, f"{result}{summary(breaches)}", holds)


def slowest(answers: Sequence[Answered]) -> float:
    return max((answer.reply.seconds for answer in answers), default=0.0)
