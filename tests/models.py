"""The service models, loaded when this is imported: what a nursery has in memory."""

from emulator.gateway import SERVICES
from emulator.protocol import models

models.warm(SERVICES)
