"""The account of the key."""

import msgspec

from cg_client.call import Call
from cg_client.decoding.anomalies import AnomalyCollector
from cg_client.decoding.decoder_names import named
from cg_client.decoding.shapes import Record
from cg_client.endpoint import Endpoint
from cg_client.errors import PayloadMismatch
from cg_client.params.core import Params
from cg_client.plans.plan_table import Plan

SUBSCRIPTION = Endpoint(
    path="/api/user/account/subscription",
    summary="Plan of the key and its expiry.",
    shape=Record(),
    aliases={"plan": "level", "expires": "expire_time"},
)


class Subscription(msgspec.Struct, frozen=True):
    level: str

    @property
    def plan(self) -> Plan | None:
        """None for a level that is no plan of ours."""
        return Plan.__members__.get(self.level.upper())


_decoder = msgspec.json.Decoder(Subscription)


def decode_subscription(data: msgspec.Raw, _: AnomalyCollector) -> Subscription:
    """Decode the subscription; raises PayloadMismatch."""
    try:
        return _decoder.decode(data)
    except msgspec.ValidationError as error:
        raise PayloadMismatch("level", str(error)) from error


SUBSCRIPTION_CALL = Call(SUBSCRIPTION, Params(), named(decode_subscription, "subscription"))
