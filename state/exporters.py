"""The accounts of AWS's that write exports of instances into buckets: each of one Region, or more.

All that is known of them is the canonical id, which the owner of a bucket puts into its policy or
its access control list. Three are a digit or two shorter or longer than such ids are: so the user
guide prints them, and so everybody writes them.

https://docs.aws.amazon.com/vm-import/latest/userguide/vmexport.html
"""

from typing import Final

OF_REGIONS: Final = {
    "af-south-1": "3f7744aeebaf91dd60ab135eb1cf908700c8d2bc9133e61261e6c582be6e33ee",
    "ap-east-1": "97ee7ab57cc9b5034f31e107741a968e595c0d7a19ec23330eae8d045a46edfb",
    "ap-south-2": "77ab5ec9eac9ade710b7defed37fe0640f93c5eb76ea65a64da49930965f18ca",
    "ap-southeast-3": "de34aaa6b2875fa3d5086459cb4e03147cf1a9f7d03d82f02bedb991ff3d1df5",
    "ap-southeast-5": "ed006f67543afcfe0779e356e52d5ed53fa45f95bcd7d277147dfc027aaca0e7",
    "ap-southeast-4": "8b8ea36ab97c280aa8558c57a380353ac7712f01f82c21598afbb17e188b9ad5",
    "ap-northeast-3": "40f22ffd22d6db3b71544ed6cd00c8952d8b0a63a87d58d5b074ec60397db8c9",
    "ap-east-2": "a9fa0eb7c8483f9558cd14b24d16e9c4d1555261a320b586a3a06908ff0047ce",
    "ap-southeast-7": "d011fe83abcc227a7ac0f914ce411d3630c4ef735e92e88ce0aa796dcfecfbdd",
    "ca-west-1": "78e12f8d798f89502177975c4ccdac686c583765cea2bf06e9b34224e2953c83",
    "eu-south-1": "04636d9a349e458b0c1cbf1421858b9788b4ec28b066148d4907bb15c52b5b9c",
    "eu-south-2": "6e81c4c52a37a7f59e103625162ed97bcd0e646593adb107d21310d093151518",
    "eu-central-2": "5d9fce77b2fb3df05fc15c893f212ae1d02adb4b24c13e18586db728a48da67",
    "il-central-1": "328a78de7561501444823eb59152eca7cb58fee2fe2e4223c2cdd9f93ae931",
    "mx-central-1": "edaff67fe25d544b855bd0ba9a74a99a2584ab89ceda0a9661bdbeca530d0fca",
    "me-south-1": "aa763f2cf70006650562c62a09433f04353db3cba6ba6aeb3550fdc8065d3d9f",
    "me-central-1": "7d3018832562b7b6c126f5832211fae90bd3eee3ed3afde192d990690267e475",
}
OF_GOVCLOUD: Final = "af913ca13efe7a94b88392711f6fcfc8aa07c9d1454d4f190a624b126733a5602"
OF_OTHERS: Final = "c4d8eabf8db69dbe46bfe0e517100c554f01200b104d59cd408e777ba442a322"
EXPORTERS: Final = frozenset({*OF_REGIONS.values(), OF_GOVCLOUD, OF_OTHERS})


def exporter(region: str) -> str:
    """Return the canonical id of the account that exports instances of a Region."""
    if region.startswith("us-gov-"):
        return OF_GOVCLOUD
    return OF_REGIONS.get(region, OF_OTHERS)
