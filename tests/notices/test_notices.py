"""Mail to people: what it says, to whom, how often, and what is kept of it."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import column, select, table, text

from identity_service.access.model import Caller
from identity_service.jobs.model import JobState
from identity_service.mail.model import MailRefused, MailUnavailable
from identity_service.notices import texts
from identity_service.notices.model import AddressLimitReached, Language, NoticeInvalid, NoticeLimitReached
from identity_service.parties.bases import Basis
from identity_service.parties.model import Candidate
from identity_service.storage import Database, Json
from tests.notices.post_room import AT_ONCE, PostRoom
from tests.parties.house import NOW

DAY = timedelta(days=1)
OFFER = "off_aaaaaaaaaaaaaaaaaaaaaaaaaa"
CLAIM = "clm_aaaaaaaaaaaaaaaaaaaaaaaaaa"


@pytest.fixture
def room(db: Database, tmp_path: Path) -> PostRoom:
    return PostRoom.build(db, tmp_path)


def everything_stored(room: PostRoom) -> str:
    """Each value of each table that anybody could read in the database."""
    with room.house.db.engine.connect() as connection:
        found = []
        for name in ("jobs", "receipts", "notices", "notices_onboarding_events", "audit_entries", "disclosures"):
            found += [str(tuple(row)) for row in connection.execute(text(f"SELECT * FROM {name}"))]  # noqa: S608
    return "\n".join(found)


def test_a_code_goes_to_its_party_alone_and_is_kept_nowhere(room: PostRoom) -> None:
    anna = room.house.person("Anna Feldkirch", email="anna@example.org")
    room.codes.open.add(OFFER)
    room.request(anna, kind="tx_code", reference=OFFER, language="de")
    room.work()
    (mail,), (code,) = room.mails, room.codes.made
    assert (mail["To"], mail["Subject"]) == ("anna@example.org", "Ihr Code")
    assert f"Ihr Code lautet {code}." in mail.get_content()
    assert "https://claims.example" in mail.get_content()
    stored = everything_stored(room)
    for secret in (code, "anna@example.org", "Feldkirch"):
        assert secret not in stored
    assert "Feldkirch" not in mail.as_string()
    assert room.told(anna) == [("tx_code", "sent", None)]
    assert [one.details for one in room.house.entries("notice.sent")] == [{"kind": "tx_code"}]
    assert room.house.entries("names.disclosed") == [], "writing to a person about themselves discloses nothing"


def test_asking_again_while_a_code_waits_is_the_same_mail_and_five_are_the_most(room: PostRoom) -> None:
    anna = room.house.person("Anna", email="anna@example.org")
    room.codes.open.add(OFFER)
    first = room.request(anna, kind="tx_code", reference=OFFER)
    assert room.request(anna, kind="tx_code", reference=OFFER) == first
    room.work()
    for _ in range(4):
        assert room.request(anna, kind="tx_code", reference=OFFER) != first
        room.work(timedelta(seconds=1))
    assert (len(room.mails), len(room.codes.made)) == (5, 5)
    with pytest.raises(NoticeLimitReached):
        room.request(anna, kind="tx_code", reference=OFFER)


def test_one_address_gets_six_codes_an_hour_and_twenty_a_day_whoever_names_it(room: PostRoom) -> None:
    spelt = ("victim@example.net", "Victim@Example.NET", "vic.tim+news@example.net")
    parties = [room.house.person(f"Person {number}", email=email) for number, email in enumerate(spelt)]
    asked, refused = 0, 0
    for hour in range(5):
        for number in range(9):
            offer = f"off_{hour}_{number}"
            room.codes.open.add(offer)
            asked += 1
            try:
                room.request(parties[number % 3], kind="tx_code", reference=offer)
            except AddressLimitReached:
                refused += 1
            room.work()
        assert len(room.mails) == min(20, 6 * (hour + 1))
        room.work(timedelta(hours=1))
    assert (asked, refused) == (45, 25)
    other = room.house.person("Other", email="other@example.net")
    room.codes.open.add("off_other")
    room.request(other, kind="tx_code", reference="off_other")
    room.work(timedelta(hours=24))
    assert len(room.mails) == 21
    room.codes.open.add("off_next_day")
    room.request(parties[0], kind="tx_code", reference="off_next_day")
    room.work()
    assert len(room.mails) == 22
    with room.house.db.write() as session:
        room.notices.forget_addresses(session)
    with room.house.db.engine.connect() as connection:
        kept = connection.execute(text("SELECT reference FROM notices WHERE address_hash IS NOT NULL")).scalars().all()
    assert kept == ["off_next_day"], "an address is remembered for a day"


def test_of_many_who_name_one_address_at_once_six_get_their_code(room: PostRoom) -> None:
    parties = [room.house.person(f"Person {number}", email="victim@example.net") for number in range(12)]

    def asked(number: int) -> bool:
        try:
            room.request(parties[number], kind="tx_code", reference=f"off_{number}")
        except AddressLimitReached:
            return False
        return True

    with ThreadPoolExecutor(12) as pool:
        assert sum(pool.map(asked, range(12))) == 6


def test_a_code_that_waits_may_be_asked_for_again_and_one_that_did_not_go_does_not_count(room: PostRoom) -> None:
    anna = room.house.person("Anna", email="anna@example.org")
    for number in range(6):
        room.request(anna, kind="tx_code", reference=f"off_{number}")
    assert room.request(anna, kind="tx_code", reference="off_5")
    with pytest.raises(AddressLimitReached):
        room.request(anna, kind="tx_code", reference="off_6")
    room.work()
    assert room.mails == [], "no offer was open"
    room.codes.open.add("off_6")
    room.request(anna, kind="tx_code", reference="off_6")
    room.work()
    assert len(room.mails) == 1


def test_no_code_goes_out_for_an_offer_that_takes_none_nor_without_an_address(room: PostRoom) -> None:
    anna, bruno = room.house.person("Anna", email="anna@example.org"), room.house.person("Bruno")
    room.request(anna, kind="tx_code", reference=OFFER)
    room.codes.open.add("off_b")
    room.request(bruno, kind="tx_code", reference="off_b")
    room.work()
    assert (room.mails, room.codes.made) == ([], [])
    assert room.told(anna) == [("tx_code", "not_sent", "no_longer_true")]
    assert room.told(bruno) == [("tx_code", "not_sent", "no_address")]
    assert room.troubles == [("off_b", "no_address")]


@pytest.mark.parametrize("wrong", [{"kind": "newsletter"}, {"kind": "tx_code", "language": "tlh"}], ids=["kind", "language"])
def test_what_there_is_no_mail_for_is_not_asked_for(room: PostRoom, wrong: dict[str, str]) -> None:
    with pytest.raises(NoticeInvalid):
        room.request("pty_a", reference=OFFER, **wrong)


def test_mail_that_cannot_go_now_goes_later_with_a_fresh_code(room: PostRoom) -> None:
    anna = room.house.person("Anna", email="anna@example.org")
    room.codes.open.add(OFFER)
    room.doorway.fault = MailUnavailable("later")
    job = room.request(anna, kind="tx_code", reference=OFFER)
    for _ in range(3):
        room.work(timedelta(minutes=1))
    with room.house.db.read() as session:
        assert (room.jobs.get(session, job).state, room.jobs.get(session, job).last_error) == (JobState.QUEUED, "mail_unavailable")
    assert room.told(anna) == [("tx_code", "requested", "mail_unavailable")]
    assert room.troubles == [(OFFER, "mail_unavailable")], "the same trouble again is no news"
    assert len(room.codes.made) >= 2
    room.doorway.fault = None
    room.work(timedelta(hours=1))
    assert room.codes.made[-1] in room.mails[0].get_content()
    assert room.told(anna) == [("tx_code", "sent", None)]


def test_one_mail_that_finds_the_server_down_spares_the_others_the_wait(room: PostRoom) -> None:
    people = [room.house.person(f"P{number}", email=f"p{number}@example.org") for number in range(10)]
    room.doorway.fault = MailUnavailable("later")
    for party_id in people:
        room.request(party_id, kind="data_read", reference="dis_a")
    room.work()
    assert room.doorway.tried == 1
    room.doorway.fault = None
    room.work(timedelta(hours=1))
    assert sorted(mail["To"] for mail in room.mails) == sorted(f"p{number}@example.org" for number in range(10))


def test_mail_that_is_refused_for_good_has_failed_and_says_so(room: PostRoom) -> None:
    anna = room.house.person("Anna", email="anna@example.org")
    room.codes.open.add(OFFER)
    room.doorway.fault = MailRefused("never")
    job = room.request(anna, kind="tx_code", reference=OFFER)
    room.work()
    with room.house.db.read() as session:
        assert (room.jobs.get(session, job).state, room.jobs.get(session, job).last_error) == (JobState.FAILED, "mail_refused")
        assert room.notices.failures(session) == {"mail_refused": 1}
    assert (room.told(anna), room.troubles) == ([("tx_code", "failed", "mail_refused")], [(OFFER, "mail_refused")])


def test_an_address_that_no_mail_goes_to_fails_and_makes_no_code_valid(room: PostRoom) -> None:
    anna = room.house.person("Anna", email="anna,bruno@example.org")
    room.request(anna, kind="data_read", reference="dis_a")
    room.work()
    assert room.told(anna) == [("data_read", "failed", "mail_address_invalid")]
    assert (room.mails, "bruno" in everything_stored(room)) == ([], False)


def test_a_claim_s_end_is_told_thirty_and_three_days_before(room: PostRoom) -> None:
    anna = room.house.person("Anna", email="anna@example.org")
    end = NOW + 100 * DAY
    room.claims.ends[CLAIM] = end
    with room.house.db.write() as session:
        room.notices.claim_issued(session, claim_id=CLAIM, party_id=anna, valid_until=end)
        room.notices.claim_issued(session, claim_id=CLAIM, party_id=anna, valid_until=end)
    room.work(69 * DAY)
    assert room.mails == []
    room.work(DAY)
    (first,) = room.mails
    assert first["Subject"] == "A claim of yours ends soon"
    assert f"{end:%Y-%m-%d}" in first.get_content()
    room.work(27 * DAY)
    assert len(room.mails) == 2
    room.work(30 * DAY)
    assert len(room.mails) == 2
    assert [state for _, state, _ in room.told(anna)] == ["sent", "sent"]


def test_the_end_of_a_claim_that_no_longer_lives_is_no_news(room: PostRoom) -> None:
    anna, nobody = room.house.person("Anna", email="anna@example.org"), room.house.person("Bruno")
    with room.house.db.write() as session:
        room.notices.claim_issued(session, claim_id=CLAIM, party_id=anna, valid_until=NOW + 20 * DAY)
        room.notices.claim_issued(session, claim_id="clm_b", party_id=anna, valid_until=NOW + 2 * DAY)
        room.notices.claim_issued(session, claim_id="clm_c", party_id=nobody, valid_until=NOW + 20 * DAY)
    room.work(18 * DAY)
    assert room.mails == []
    assert room.told(anna) == [("claim_expiring", "not_sent", "no_longer_true")]
    assert room.told(nobody) == []


def test_people_hear_that_their_data_were_read_once_a_day_at_most(room: PostRoom) -> None:
    anna, agent = room.house.person("Anna", email="anna@example.org"), room.house.firm("Registrar Invented AG")
    for _ in range(3):
        assert room.read_by(agent, anna) == {anna: {"legal_name": "Anna"}}
        room.work(timedelta(minutes=5))
    (mail,) = room.mails
    assert mail["Subject"] == "Your data was read"
    assert "https://claims.example/my-claims/readings" in mail.get_content()
    for unsaid in ("Registrar", agent, "legal_name", "register_keeping", "Anna"):
        assert unsaid not in mail.as_string()
    room.work(DAY)
    assert len(room.mails) == 2, "the readings after the first mail, told together a day later"
    room.work(3 * DAY)
    assert len(room.mails) == 2
    room.read_by(agent, anna)
    room.work()
    assert len(room.mails) == 3


def test_a_reading_looks_the_same_to_the_reader_whoever_can_be_told(room: PostRoom) -> None:
    reachable, silent = room.house.person("Anna", email="anna@example.org"), room.house.person("Bruno")
    agent = room.house.firm("Registrar")
    queued = []
    for party_id in (reachable, silent):
        before = everything_stored(room).count("announce_readings")
        room.read_by(agent, party_id)
        queued.append(everything_stored(room).count("announce_readings") - before)
    assert queued == [1, 1]
    assert "send_notice" not in everything_stored(room), "who can be told is looked up by the worker, not while the reader waits"
    room.work()
    assert [mail["To"] for mail in room.mails] == ["anna@example.org"]
    assert room.told(silent) == []


def test_reading_one_s_own_data_and_being_written_to_tell_nobody(room: PostRoom) -> None:
    anna = room.house.person("Anna", email="anna@example.org")
    own = Caller(subject="eip155:31337:0x00", scopes=frozenset({"me"}))
    candidate = Candidate(party_id=anna, quantity=0, is_intermediary=False)
    with room.house.db.write() as session:
        room.house.disclosures.open(session, caller=own, basis=Basis.of_self(anna), candidates=[candidate])
        notice = Basis.of_notice("ntc_a", party_id=anna)
        assert room.house.disclosures.open(session, caller=own, basis=notice, candidates=[candidate]) == {
            anna: {"email": "anna@example.org"}
        }
    room.work()
    assert room.mails == []


def test_a_reading_that_is_rolled_back_tells_nobody(room: PostRoom) -> None:
    anna, agent = room.house.person("Anna", email="anna@example.org"), room.house.firm("Registrar")
    with room.house.db.read() as session:
        assert room.open(session, agent, (anna,))
    room.work()
    assert (room.mails, "announce_readings" in everything_stored(room)) == ([], False)


def test_everybody_of_one_opening_is_told_however_many_are_taken_at_once(room: PostRoom) -> None:
    agent = room.house.firm("Registrar")
    people = [room.house.person(f"P{number}", email=f"p{number}@example.org") for number in range(2 * AT_ONCE + 1)]
    room.read_by(agent, *people)
    room.work()
    assert sorted(mail["To"] for mail in room.mails) == sorted(f"p{number}@example.org" for number in range(2 * AT_ONCE + 1))


def test_mail_to_an_erased_party_stays_unsent(room: PostRoom) -> None:
    anna = room.house.person("Anna", email="anna@example.org")
    room.request(anna, kind="data_read", reference="dis_a")
    with room.house.db.engine.begin() as connection:
        connection.execute(text("UPDATE party_keys SET wrapped_key = NULL"))
    room.work()
    assert (room.mails, room.told(anna)) == ([], [("data_read", "not_sent", "no_address")])


def test_people_are_written_to_in_the_language_that_they_last_chose(room: PostRoom) -> None:
    anna, agent = room.house.person("Anna", email="anna@example.org"), room.house.firm("Registrar")
    room.codes.open.add(OFFER)
    room.request(anna, kind="tx_code", reference=OFFER, language="de")
    room.work()
    room.read_by(agent, anna)
    room.work(timedelta(seconds=1))
    assert [mail["Subject"] for mail in room.mails] == ["Ihr Code", "Ihre Daten wurden gelesen"]


def test_jobs_hold_ids_and_nothing_else(room: PostRoom) -> None:
    anna, agent = room.house.person("Anna", email="anna@example.org"), room.house.firm("Registrar")
    room.read_by(agent, anna)
    room.work()
    with room.house.db.read() as session:
        payloads = session.scalars(select(column("payload", Json)).select_from(table("jobs"))).all()
    assert sorted(key for payload in payloads for key in payload) == ["audit_seq", "notice"]


def test_pages_of_notices_follow_each_other_and_nobody_pages_by_another_s(room: PostRoom) -> None:
    anna, bruno = room.house.person("Anna", email="a@example.org"), room.house.person("Bruno", email="b@example.org")
    for number in range(5):
        room.request(anna, kind="claim_expiring", reference=f"clm_{number}")
        room.house.clock.advance(timedelta(seconds=number % 2))
    with room.house.db.read() as session:
        whole, pages, after = room.notices.of_party(session, anna), [], ""
        while found := room.notices.of_party(session, anna, after=after, limit=2):
            pages, after = pages + found, found[-1].id
        assert (len(whole), pages) == (5, whole)
        assert room.notices.of_party(session, bruno, after=whole[0].id) == []


def test_every_mail_is_written_in_every_language() -> None:
    assert {one.value for one in Language} == texts.LANGUAGES
    for language in Language:
        for words in (
            texts.tx_code(language, code="123456", service="https://claims.example"),
            texts.claim_expiring(language, valid_until=NOW, service="https://claims.example"),
            texts.data_read(language, service="https://claims.example"),
            texts.move_opened(language, service="https://claims.example"),
            texts.move_confirmed(language, service="https://claims.example"),
        ):
            assert "{" not in words.text
            assert "https://claims.example" in words.text
