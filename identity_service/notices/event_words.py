"""What the codes of onboarding events mean, in English and German, and who can mend it. No I/O.

>>> words_for("nonce_replayed").said("de"), words_for("nonce_replayed").mended_by.value
('Die Unterschrift wurde schon benutzt. Unterschreiben Sie noch einmal.', 'holder')
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class MendedBy(StrEnum):
    """Who can do something about it; nobody need where nothing went wrong."""

    NOBODY = "nobody"
    HOLDER = "holder"
    WALLET = "wallet"
    INVITER = "inviter"
    CLAIM_ISSUER = "claim_issuer"
    OPERATOR = "operator"


@dataclass(frozen=True, slots=True)
class EventWords:
    """One code in words."""

    en: str
    de: str
    mended_by: MendedBy

    def said(self, language: str) -> str:
        """The sentence in this language; English where we have no other."""
        return self.de if language == "de" else self.en


_HOLDER, _WALLET, _INVITER = MendedBy.HOLDER, MendedBy.WALLET, MendedBy.INVITER
_CLAIM_ISSUER, _OPERATOR, _NOBODY = MendedBy.CLAIM_ISSUER, MendedBy.OPERATOR, MendedBy.NOBODY

_NOT_ANSWERABLE: Final = EventWords(
    "The wallet's request is not one that we can answer. Try again, or try another wallet app.",
    "Die Anfrage der Wallet lässt sich nicht beantworten. Versuchen Sie es noch einmal oder mit einer anderen Wallet-App.",
    _WALLET,
)

EVENT_WORDS: Final[Mapping[str, EventWords]] = MappingProxyType(
    {
        "access_denied": EventWords(
            "The request of the wallet was declined on the page. Start again if that was a mistake.",
            "Die Anfrage der Wallet wurde auf der Seite abgelehnt. Fangen Sie noch einmal an, wenn das ein Versehen war.",
            _HOLDER,
        ),
        "account_already_bound": EventWords(
            "The wallet was proved for somebody else before. Use another one.",
            "Die Wallet wurde schon für jemand anderen nachgewiesen. Nehmen Sie eine andere.",
            _HOLDER,
        ),
        "account_mismatch": EventWords(
            "The wallet signed with another address than the one it chose. Choose it again.",
            "Die Wallet hat mit einer anderen Adresse unterschrieben, als gewählt war. Wählen Sie sie neu.",
            _HOLDER,
        ),
        "account_signature_invalid": EventWords(
            "The wallet's signature is not good for its address. Try again, or use another wallet.",
            "Die Unterschrift der Wallet passt nicht zu ihrer Adresse. Versuchen Sie es noch einmal oder mit einer anderen Wallet.",
            _HOLDER,
        ),
        "address_limit_reached": EventWords(
            "No more codes go to this email address for now. Use a wallet app that opens our page, or wait: at most a day.",
            "An diese E-Mail-Adresse geht vorerst kein Code mehr. Nehmen Sie eine Wallet-App, die unsere Seite öffnet, oder warten "
            "Sie, höchstens einen Tag.",
            _HOLDER,
        ),
        "application_rejected": EventWords(
            "The claim issuer rejected the application. Ask it why.",
            "Der Aussteller hat den Antrag abgelehnt. Fragen Sie ihn nach dem Grund.",
            _CLAIM_ISSUER,
        ),
        "authorization_code_invalid": EventWords(
            "The wallet came back too late. Start again.",
            "Die Wallet kam zu spät zurück. Fangen Sie noch einmal an.",
            _HOLDER,
        ),
        "authorization_code_of_another": _NOT_ANSWERABLE,
        "authorization_code_replayed": EventWords(
            "The wallet's sign-in was used twice, so its access was withdrawn. Start again.",
            "Die Anmeldung der Wallet wurde zweimal benutzt, deshalb ist ihr Zugang entzogen. Fangen Sie noch einmal an.",
            _HOLDER,
        ),
        "authorization_request_invalid": _NOT_ANSWERABLE,
        "claim_not_live": EventWords(
            "The claim was revoked or has ended. Ask the claim issuer.",
            "Der Nachweis wurde widerrufen oder ist abgelaufen. Fragen Sie den Aussteller.",
            _CLAIM_ISSUER,
        ),
        "code_challenge_invalid": EventWords(
            "The wallet's sign-in is not protected as it must be. Try another wallet app.",
            "Die Anmeldung der Wallet ist nicht so geschützt, wie sie es sein muss. Versuchen Sie es mit einer anderen Wallet-App.",
            _WALLET,
        ),
        "code_key_mismatch": _NOT_ANSWERABLE,
        "code_verifier_invalid": EventWords(
            "The wallet that came back is not the one that asked. Start again.",
            "Es kam eine andere Wallet zurück, als gefragt hatte. Fangen Sie noch einmal an.",
            _HOLDER,
        ),
        "credential_accepted": EventWords(
            "The wallet keeps the credential.",
            "Die Wallet hat den Nachweis gespeichert.",
            _NOBODY,
        ),
        "credential_deferred": EventWords(
            "The wallet waits for the claim issuer's decision.",
            "Die Wallet wartet auf die Entscheidung des Ausstellers.",
            _CLAIM_ISSUER,
        ),
        "credential_deleted": EventWords(
            "The wallet did not keep the credential, because it was declined there. Ask for a new offer.",
            "Die Wallet hat den Nachweis nicht behalten, weil er darin abgelehnt wurde. Bitten Sie um ein neues Angebot.",
            _HOLDER,
        ),
        "credential_denied": EventWords(
            "The claim issuer gives no credential: it rejected the application, or the claim has ended. Ask it why.",
            "Der Aussteller gibt keinen Nachweis: Antrag abgelehnt, oder Nachweis beendet. Fragen Sie ihn nach dem Grund.",
            _CLAIM_ISSUER,
        ),
        "credential_failure": EventWords(
            "The wallet could not keep the credential. Try another wallet app.",
            "Die Wallet konnte den Nachweis nicht speichern. Versuchen Sie es mit einer anderen Wallet-App.",
            _WALLET,
        ),
        "credential_issued": EventWords(
            "The credential was handed out.",
            "Der Nachweis wurde ausgegeben.",
            _NOBODY,
        ),
        "credential_offer_ended": EventWords(
            "The offer was used, taken back, or has expired. Ask for a new one.",
            "Das Angebot wurde benutzt, zurückgenommen oder ist abgelaufen. Bitten Sie um ein neues.",
            _HOLDER,
        ),
        "credential_set_minted": EventWords(
            "The wallet has had its credentials from this offer. For more, ask for a new offer.",
            "Die Wallet hat ihre Nachweise aus diesem Angebot schon. Für weitere bitten Sie um ein neues Angebot.",
            _HOLDER,
        ),
        "invalid_authorization_details": EventWords(
            "The wallet asked for something that was not offered. Try another wallet app.",
            "Die Wallet hat etwas verlangt, das nicht angeboten war. Versuchen Sie es mit einer anderen Wallet-App.",
            _WALLET,
        ),
        "invalid_credential_request": _NOT_ANSWERABLE,
        "invalid_dpop_proof": EventWords(
            "The wallet did not prove that the access is its own. Try again, or try another wallet app.",
            "Die Wallet hat ihren Zugang nicht bewiesen. Versuchen Sie es noch einmal oder mit einer anderen Wallet-App.",
            _WALLET,
        ),
        "invalid_encryption_parameters": EventWords(
            "The wallet wants an encryption that we do not make. Try another wallet app.",
            "Die Wallet verlangt eine Verschlüsselung, die wir nicht können. Versuchen Sie es mit einer anderen Wallet-App.",
            _WALLET,
        ),
        "invalid_nonce": EventWords(
            "The wallet's proof was too old or used before. It should try again by itself.",
            "Die Unterschrift der Wallet war zu alt oder schon benutzt. Sie sollte es von selbst noch einmal versuchen.",
            _WALLET,
        ),
        "invalid_notification_id": _NOT_ANSWERABLE,
        "invalid_notification_request": _NOT_ANSWERABLE,
        "invalid_proof": EventWords(
            "The wallet did not prove its key. Try again, or try another wallet app.",
            "Die Wallet hat ihren Schlüssel nicht nachgewiesen. Versuchen Sie es noch einmal oder mit einer anderen Wallet-App.",
            _WALLET,
        ),
        "invalid_scope": _NOT_ANSWERABLE,
        "invalid_target": _NOT_ANSWERABLE,
        "invalid_transaction_id": EventWords(
            "What the wallet waits for is gone: it was fetched before, or too late. Ask for a new offer.",
            "Worauf die Wallet wartet, gibt es nicht mehr: Es wurde schon abgeholt oder zu spät. Bitten Sie um ein neues Angebot.",
            _HOLDER,
        ),
        "invitation_expired": EventWords(
            "The invitation has expired. Send another one.",
            "Die Einladung ist abgelaufen. Verschicken Sie eine neue.",
            _INVITER,
        ),
        "invitation_used": EventWords(
            "Somebody tried to use the invitation a second time.",
            "Jemand wollte die Einladung ein zweites Mal verwenden.",
            _INVITER,
        ),
        "inviter_not_licensed": EventWords(
            "The inviter's licence claim has lapsed. Renew it.",
            "Der Zulassungsnachweis des Einladenden gilt nicht mehr. Erneuern Sie ihn.",
            _INVITER,
        ),
        "issuer_state_unknown": EventWords(
            "The offer is no longer open. Ask for a new one.",
            "Das Angebot ist nicht mehr offen. Bitten Sie um ein neues.",
            _HOLDER,
        ),
        "mail_address_invalid": EventWords(
            "The code cannot be sent: the email address is none that mail goes to. Apply again with another one.",
            "An diese E-Mail-Adresse geht keine Mail. Stellen Sie den Antrag mit einer anderen neu.",
            _HOLDER,
        ),
        "mail_refused": EventWords(
            "The mail with the code was refused. Check the email address.",
            "Die Mail mit dem Code wurde abgewiesen. Prüfen Sie die E-Mail-Adresse.",
            _HOLDER,
        ),
        "mail_sender_refused": EventWords(
            "The mail with the code has not gone out yet: the mail server does not accept us. It is tried again.",
            "Die Mail mit dem Code ist noch nicht unterwegs: Der Mailserver lässt uns nicht zu. Es wird weiter versucht.",
            _OPERATOR,
        ),
        "mail_server_untrusted": EventWords(
            "The mail with the code has not gone out yet: the mail server cannot be trusted. It is tried again.",
            "Die Mail mit dem Code ist noch nicht unterwegs: Dem Mailserver ist nicht zu trauen. Es wird weiter versucht.",
            _OPERATOR,
        ),
        "mail_unavailable": EventWords(
            "The mail with the code has not gone out yet: the mail server does not answer. It is tried again.",
            "Die Mail mit dem Code ist noch nicht unterwegs: Der Mailserver antwortet nicht. Es wird weiter versucht.",
            _OPERATOR,
        ),
        "no_address": EventWords(
            "There is no email address to send the code to.",
            "Es gibt keine E-Mail-Adresse, an die der Code gehen könnte.",
            _HOLDER,
        ),
        "nonce_expired": EventWords(
            "The wallet took too long to sign. Start again.",
            "Die Wallet hat zu lange gebraucht. Fangen Sie noch einmal an.",
            _HOLDER,
        ),
        "nonce_replayed": EventWords(
            "The signature was used before. Sign again.",
            "Die Unterschrift wurde schon benutzt. Unterschreiben Sie noch einmal.",
            _HOLDER,
        ),
        "offer_expired": EventWords(
            "The offer has expired. Ask for a new one.",
            "Das Angebot ist abgelaufen. Bitten Sie um ein neues.",
            _HOLDER,
        ),
        "offer_fetched": EventWords(
            "A wallet read the offer.",
            "Eine Wallet hat das Angebot gelesen.",
            _NOBODY,
        ),
        "offer_used": EventWords(
            "A wallet has taken the offer up already. For another wallet, ask for a new offer.",
            "Eine Wallet hat das Angebot schon angenommen. Für eine andere Wallet bitten Sie um ein neues.",
            _HOLDER,
        ),
        "pre_authorized_code_invalid": EventWords(
            "The offer was taken back or locked. Ask for a new one.",
            "Das Angebot wurde zurückgenommen oder gesperrt. Bitten Sie um ein neues.",
            _HOLDER,
        ),
        "redirect_uri_invalid": _NOT_ANSWERABLE,
        "redirect_uri_mismatch": _NOT_ANSWERABLE,
        "token_issued": EventWords(
            "The wallet exchanged its code.",
            "Die Wallet hat ihren Code eingelöst.",
            _NOBODY,
        ),
        "token_request_invalid": _NOT_ANSWERABLE,
        "too_many_credential_offers": EventWords(
            "Offers were asked for too often. Wait an hour.",
            "Es wurde zu oft um ein Angebot gebeten. Warten Sie eine Stunde.",
            _HOLDER,
        ),
        "tx_code_exhausted": EventWords(
            "The code from the mail was wrong too often. Ask for a new offer.",
            "Der Code aus der Mail war zu oft falsch. Bitten Sie um ein neues Angebot.",
            _HOLDER,
        ),
        "tx_code_missing": EventWords(
            "The wallet did not ask for the code from the mail. Try another wallet app.",
            "Die Wallet hat nicht nach dem Code aus der Mail gefragt. Versuchen Sie es mit einer anderen Wallet-App.",
            _WALLET,
        ),
        "tx_code_wrong": EventWords(
            "The code from the mail was wrong. Use the one in the newest mail.",
            "Der Code aus der Mail war falsch. Nehmen Sie den aus der neuesten Mail.",
            _HOLDER,
        ),
        "unknown_credential_configuration": EventWords(
            "The wallet asked for another credential than was offered. Ask for a new offer.",
            "Die Wallet hat einen anderen Nachweis verlangt, als angeboten war. Bitten Sie um ein neues Angebot.",
            _WALLET,
        ),
        "unknown_credential_identifier": EventWords(
            "The wallet asked for a credential that it was not given. Ask for a new offer.",
            "Die Wallet hat einen Nachweis verlangt, der ihr nicht zusteht. Bitten Sie um ein neues Angebot.",
            _WALLET,
        ),
        "unsupported_grant_type": EventWords(
            "The wallet knows none of the ways in which credentials are fetched here. Try another wallet app.",
            "Die Wallet kennt keinen der Wege, auf denen man hier Nachweise abholt. Versuchen Sie es mit einer anderen Wallet-App.",
            _WALLET,
        ),
        "unsupported_response_type": _NOT_ANSWERABLE,
        "use_dpop_nonce": EventWords(
            "The wallet was asked to sign afresh, and should do so by itself.",
            "Die Wallet soll frisch unterschreiben und sollte das von selbst tun.",
            _WALLET,
        ),
        "wallet_token_in_query": _NOT_ANSWERABLE,
        "wallet_token_invalid": EventWords(
            "The wallet's access has expired. Ask for a new offer.",
            "Der Zugang der Wallet ist abgelaufen. Bitten Sie um ein neues Angebot.",
            _HOLDER,
        ),
        "wallet_token_missing": _NOT_ANSWERABLE,
    }
)

_UNKNOWN: Final = EventWords(
    "Something was refused. The code says what.", "Etwas wurde abgelehnt. Der Code sagt, was.", MendedBy.OPERATOR
)


def words_for(code: str) -> EventWords:
    """The words of a code; a general sentence for one that has none of its own."""
    return EVENT_WORDS.get(code, _UNKNOWN)
