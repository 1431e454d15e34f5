"""The setting for the weights of clients in the fair queue."""

import pytest

from cg_client.secret import Secret
from server.settings import Settings, SettingsError

VARIABLE = "COINGLASS_CLIENT_WEIGHTS"


def test_weights_reach_the_client() -> None:
    settings = Settings.from_env({VARIABLE: "dashboard=4, reports_2=100,192.0.2.7=2,2001:db8::/64=3"})
    assert settings.client_config().client_weights == {
        "dashboard": 4,
        "reports_2": 100,
        "192.0.2.7": 2,
        "2001:db8::/64": 3,
    }


def test_without_the_setting_all_clients_have_the_same_weight() -> None:
    assert Settings(api_key=Secret("")).client_config().client_weights == {}


@pytest.mark.parametrize(
    "text", ["dashboard", "=4", "a=0", "a=101", "a=-1", "a=1.5", "a=2,", "a=1,a=2", "a b=1", "a=2=3"]
)
def test_an_invalid_list_of_weights_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(SettingsError, match=f"{VARIABLE} is a list such as dashboard=4,reports=2"):
        Settings.from_env({VARIABLE: text})
