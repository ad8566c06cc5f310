"""The room of account settings."""

from sqlalchemy import Connection

from state import tables
from state.accounts import AccountSettings
from state.rows.room import Columns, Kind, Rows


def _columns(settings: AccountSettings) -> Columns:
    return {"account_id": settings.account_id, "region": settings.region}


KIND = Kind(tables.accounts, AccountSettings, ("account_id", "region"), _columns)


class Accounts(Rows[AccountSettings]):
    """What all accounts have chosen."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection, KIND)

    def get(self, account_id: str, region: str) -> AccountSettings:
        """Return what an account has chosen for a Region; the defaults if nothing."""
        default = AccountSettings(account_id=account_id, region=region)
        return self._get(account_id, region) or default

    def put(self, settings: AccountSettings) -> None:
        """Keep what an account has chosen."""
        if self._get(settings.account_id, settings.region) is None:
            self.add(settings)
        else:
            self.replace(settings)
