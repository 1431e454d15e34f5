"""The server starts while CoinGlass is unreachable, and CoinGlass comes up later."""

import asyncio

import httpx

from chaos.outcomes import Answered, faults, shares, summary
from chaos.parts import mix
from chaos.rig import Rig, SandboxSwitches, free_port, outcomes, sandbox, server
from chaos.traffic import as_text, in_time, recovery
from chaos.verdict import Effort, Verdict

DEADLINE = 3.0  # seconds
_REQUESTS = 12  # times while CoinGlass is down: many more attempts than the least plan has requests a minute


async def start(_: Effort) -> list[Verdict]:
    parts = mix(0)
    port = free_port()
    async with server(f"http://127.0.0.1:{port}", "auto", deadline_seconds=DEADLINE) as process:
        alone = Rig(process, SandboxSwitches(process))
        async with httpx.AsyncClient(trust_env=False) as http:
            health = (await http.get(f"{process.url}/healthz")).status_code
        answers: list[Answered] = []
        while len(answers) < _REQUESTS:
            answers.append(await alone.once(parts))
            await asyncio.sleep(0.3)
        async with sandbox("professional", port=port) as upstream:
            back = await recovery(Rig(process, upstream), parts)
    breaches = list(faults(answers, DEADLINE, {}))
    breaches += [] if health == httpx.codes.OK else [f"/healthz answered {health}"]
    breaches += [f"{item.part} has data" for item in outcomes(answers) if item.answered]
    text = f"/healthz {health}; {shares(outcomes(answers))}; back {as_text(back)}{summary(breaches)}"
    bound = "/healthz 200, typed answers, back ≤ 5 s after CoinGlass"
    return [Verdict("server starts while CoinGlass is down", bound, text, not breaches and in_time(back))]
