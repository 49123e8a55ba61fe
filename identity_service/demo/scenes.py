"""The story as the page tells it: ten scenes, each with what it says, whose turn it is, and the acts behind its buttons."""

from dataclasses import dataclass
from typing import Final

from identity_service.demo import page_acts as acts
from identity_service.demo.theatre import Act, Theatre


@dataclass(frozen=True, slots=True)
class Scene:
    """A heading, a few sentences, and its acts in order; ``panel`` is the template that draws what they showed."""

    key: str
    title: str
    text: str
    acts: tuple[Act, ...]

    @property
    def panel(self) -> str:
        return f"demo/scenes/{self.key}.html"

    def next_act(self, theatre: Theatre) -> Act | None:
        """The first act that was not played yet."""
        return next((act for act in self.acts if act.key not in theatre.played), None)

    def is_over(self, theatre: Theatre) -> bool:
        return self.next_act(theatre) is None


SCENES: Final = (
    Scene(
        "two-readers",
        "One register, two readers",
        "The chain shows addresses and quantities to everybody. A regulator may see names as well, but says for what first, and "
        "every reading is written down.",
        (
            Act("public", "Look at the public table", acts.look_in_public, "anybody"),
            Act(
                "regulator",
                "Read it as the regulator",
                acts.read_as_regulator,
                "Regulator",
                question="For what purpose?",
                choices=(
                    (acts.SUPERVISION, "Supervision: a statute grants it"),
                    ("general_meeting", "A general meeting: nobody granted it"),
                ),
            ),
        ),
    ),
    Scene(
        "claim",
        "A client scans a code and receives a claim",
        "Meridian Family Office invites a client with a code to scan; here she opens the invitation in this browser and uses the "
        "test wallet there. The client proves a wallet, says who she is, and the claim issuer's officer decides. Then she "
        "gives Meridian the right to move up to 500 of her tokens: that allowance is the custody, and she can cancel it any time.",
        (
            Act("invite", "Invite the client", acts.invite_client, "Family office"),
            Act("accept", "Let the test wallet accept", acts.accept_invitation, "Iris, the client"),
            Act("approve", "Approve the application", acts.approve_application, "Claim issuer's officer"),
            Act("chain", "Put the claim on chain", acts.put_client_on_chain, "Claim issuer and token issuer"),
            Act("allow", "Approve 500 to Meridian", acts.approve_office, "Iris, the client"),
        ),
    ),
    Scene(
        "order",
        "The office orders, receives and distributes",
        "Meridian signs an order and sends it to DX. DX verifies office, licence and order; no client stands anywhere in it. The "
        "platform mints for the order and the service finds the order's id in the transaction. Then Meridian distributes.",
        (
            Act("sign-order", "Sign an order for 1 000 and send it to DX", acts.send_order, "Family office and DX"),
            Act("mint", "Mint for the order", acts.mint_for_order, "Token agent"),
            Act("distribute", "Distribute 400 to Iris", acts.distribute, "Family office"),
        ),
    ),
    Scene(
        "stranger",
        "A stranger is refused, and told why",
        "The token contract says the same three words for every cause. The service lists each check, who can mend it, and how.",
        (Act("refuse", "Try to send 50 to Jonas", acts.try_stranger, "Family office"),),
    ),
    Scene(
        "mended",
        "What was missing is mended, and the transfer passes",
        "Jonas is invited, proves his wallet, is checked by the officer, and is registered for the token. Nothing else changed.",
        (
            Act("mend", "Do what the list says", acts.mend_stranger, "Jonas, officer and token issuer"),
            Act("pass", "Send the 50 again", acts.send_to_stranger, "Family office"),
        ),
    ),
    Scene(
        "moved",
        "The table has moved",
        "The regulator reads the table again. The new holders are there by name, and Meridian stands beside Iris as her custodian.",
        (Act("regulator-again", "Read it again as the regulator", acts.read_again, "Regulator"),),
    ),
    Scene(
        "network",
        "The network sees firms and never their clients",
        "DX opens the same table. The clients are one total; the sum is unchanged.",
        (Act("network", "Read it as DX", acts.read_as_network, "DX, the network"),),
    ),
    Scene(
        "who-saw",
        "Who saw my name?",
        "Iris asks. Every reading of her name stands here: who, when, for what purpose and on what basis.",
        (Act("who-saw", "Ask as Iris", acts.ask_who_saw, "Iris, the client"),),
    ),
    Scene(
        "revoked",
        "The office loses its licence",
        "The officer revokes Meridian's claim once, and every form of it stops working. The token contract does not know: what "
        "clients approved can still be moved. The table says so, until the client cancels.",
        (
            Act("revoke", "Revoke Meridian's claim", acts.revoke_office, "Claim issuer's officer"),
            Act("cancel", "Cancel the allowance", acts.cancel_allowance, "Iris, the client"),
        ),
    ),
    Scene(
        "accreditation",
        "Who vouches for all this",
        "A claim counts because its claim issuer is accredited for it, by somebody who may accredit, up to a root.",
        (Act("mesh", "Show the path", acts.show_path, "anybody"),),
    ),
)


def act(key: str) -> tuple[Scene, Act] | None:
    """The act of this name with its scene."""
    return next(((scene, one) for scene in SCENES for one in scene.acts if one.key == key), None)


def reached(theatre: Theatre) -> int:
    """The number of scenes that may be looked at: those that are over, and the one after them."""
    over = next((number for number, scene in enumerate(SCENES) if not scene.is_over(theatre)), len(SCENES))
    return min(over + 1, len(SCENES))


def opened(theatre: Theatre) -> int:
    """The number of the first scene that stands open: the present one, and the one before it, whose end was just seen."""
    return max(1, reached(theatre) - 1)
