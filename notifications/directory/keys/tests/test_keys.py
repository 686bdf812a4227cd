"""Keys of contacts in the admin: pasted or uploaded, checked in words, agreed to by two; never a private one."""

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from access.models import Region, StaffRole, User
from audit.models import AuditEntry
from notifications.channels.mail_keys.keys import group_fingerprint
from notifications.channels.mail_keys.reading import read_key
from notifications.outbox.models import Notice, Purpose
from tests.world.mail_keys import get_public, make_openpgp, make_smime

from ...models import Contact, ContactWay, DirectoryChange
from ...tests.second_keeper import agree_to_all
from ...tests.test_admin import area, sign_in
from ...tests.test_editing import police

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_english")]
ADD = "/cms/contactway/new/"
ADDRESS = "zyra@partner.example"


@pytest.fixture
def keeper(client: Client) -> User:
    region = area("veri")
    Region.objects.update(is_outreach=True)
    return sign_in(client, StaffRole.COORDINATOR, region)


@pytest.fixture
def contact(keeper: User) -> Contact:
    return Contact.objects.create(partner=police().partner, name="Zyra", email=ADDRESS)


def ask(client: Client, contact: Contact, pasted: bytes | str = "", **more):
    text = pasted.decode() if isinstance(pasted, bytes) else pasted
    sent = {
        "contact": contact.pk, "channel": "mailkey", "address": "", "pasted_key": text, "sent_for": "unanswered",
        "after_minutes": 30, "hours_from": "08:00", "hours_until": "16:00", "is_active": "on", **more,
    }  # fmt: skip
    return client.post(ADD, sent)


def test_one_adds_a_key_another_agrees_and_a_test_goes_out(client, contact):
    key = make_openpgp(ADDRESS)
    assert ask(client, contact, get_public(key)).status_code == 302
    assert ContactWay.objects.count() == 0
    change = DirectoryChange.objects.get()
    page = client.get(f"/cms/directory-changes/{change.pk}/").content.decode()
    fingerprint = key.extract_certificate().fingerprint
    assert group_fingerprint(fingerprint) in page
    assert "OpenPGP" in page
    assert ADDRESS in page
    assert "BEGIN PGP" not in page
    agree_to_all()
    way = ContactWay.objects.get()
    assert (way.channel, way.address, way.confirmed_at) == ("mailkey", fingerprint, None)
    assert read_key(way.mail_key.encode()).fingerprint == fingerprint
    # Each e-mail is encrypted: a key has no hours, no minutes and no urgency.
    assert (way.sent_for, way.after_minutes, way.hours_from, way.hours_until) == ("all", 0, None, None)
    test = Notice.objects.get(purpose=Purpose.TEST)
    assert (test.way, test.channel, test.contact) == (way, "mailkey", contact)


def test_a_certificate_is_uploaded_as_a_file_and_its_end_is_kept(client, contact):
    made = make_smime(ADDRESS)
    file = SimpleUploadedFile("zyra.cer", made.der)
    assert ask(client, contact, key_file=file).status_code == 302
    agree_to_all()
    way = ContactWay.objects.get()
    assert way.mail_key_until == made.certificate.not_valid_after_utc
    listed = client.get("/cms/contactway/").content.decode()
    assert group_fingerprint(way.address) in listed
    assert client.get(f"/cms/contactway/edit/{way.pk}/").status_code == 200


PRIVATE = {
    "openpgp": lambda: str(make_openpgp(ADDRESS)),
    "pkcs8": lambda: make_smime(ADDRESS).private_pem.decode(),
}


@pytest.mark.parametrize("kind", PRIVATE)
@pytest.mark.parametrize("uploaded", [False, True])
def test_a_private_key_is_refused_and_stays_nowhere(client, contact, kind, uploaded, caplog, capfd):
    private = PRIVATE[kind]()
    sent = {"key_file": SimpleUploadedFile("key.asc", private.encode())} if uploaded else {"pasted": private}
    answer = ask(client, contact, **sent)
    page = answer.content.decode()
    assert answer.status_code == 200
    assert "This is a private key: it was not kept." in page
    secret = private.strip().splitlines()[5]
    logged = caplog.text + "".join(capfd.readouterr())
    entries = " ".join(str(entry.detail) for entry in AuditEntry.objects.all())
    for kept in (page, logged, entries):
        assert secret not in kept
        assert "PRIVATE KEY" not in kept
    assert DirectoryChange.objects.count() == ContactWay.objects.count() == 0
    assert client.session.get("_messages") is None or secret not in str(client.session["_messages"])


def test_what_was_pasted_never_comes_back_in_a_page(client, contact):
    key = get_public(make_openpgp(ADDRESS)).decode()
    answer = ask(client, contact, key, sent_for="nonsense")
    assert answer.status_code == 200
    assert key.splitlines()[10] not in answer.content.decode()


REFUSED = [
    ("", "Paste or upload the public key."),
    ("my key is 1234", "This can’t be read as a public key."),
    (lambda: make_smime(ADDRESS, curve=True).pem, "on an elliptic curve"),
    (lambda: make_smime(ADDRESS, ends=timezone.now() - timedelta(days=1)).pem, "This key has expired."),
    (lambda: make_smime(ADDRESS, may_encipher=False).pem, "This key can only sign"),
    (lambda: make_smime(ADDRESS, bits=1024).pem, "too weak"),
    (lambda: get_public(make_openpgp()) + get_public(make_openpgp()), "There is more than one key in it."),
    ("x" * 70_000, "longer than 64 kB"),
]


@pytest.mark.parametrize(("pasted", "words"), REFUSED)
def test_a_key_that_protects_nothing_is_refused_in_words(client, contact, pasted, words):
    page = ask(client, contact, pasted() if callable(pasted) else pasted).content.decode()
    assert words in page
    assert DirectoryChange.objects.count() == 0


def test_a_key_given_twice_is_asked_for_once(client, contact):
    key = get_public(make_openpgp(ADDRESS))
    page = ask(client, contact, key, key_file=SimpleUploadedFile("key.asc", key)).content.decode()
    assert "Give the key once" in page


def test_a_key_beside_a_number_is_refused(client, contact):
    page = ask(client, contact, get_public(make_openpgp()), channel="sms", address="+355691234567").content.decode()
    assert "A key is for encrypted e-mail only." in page


@pytest.mark.parametrize("channel", ["sms", "voice", "webhook"])
def test_every_other_way_still_needs_its_address(client, contact, channel):
    page = ask(client, contact, channel=channel).content.decode()
    assert "Enter the number or the address." in page
    assert DirectoryChange.objects.count() == 0


def test_a_key_of_another_address_is_asked_about_and_can_be_agreed_to(client, contact):
    ask(client, contact, get_public(make_openpgp("somebody@else.example")))
    change = DirectoryChange.objects.get()
    page = client.get(f"/cms/directory-changes/{change.pk}/").content.decode()
    assert f"The key names another address than this contact’s ({ADDRESS})." in page
    assert agree_to_all() == 1
    way = ContactWay.objects.get()
    assert "The key names another address" in client.get(f"/cms/contactway/edit/{way.pk}/").content.decode()


def test_a_key_that_soon_expires_is_said_when_it_is_entered(client, contact):
    ask(client, contact, make_smime(ADDRESS, ends=timezone.now() + timedelta(days=59)).pem)
    change = DirectoryChange.objects.get()
    assert "The key expires on" in client.get(f"/cms/directory-changes/{change.pk}/").content.decode()


def make_way(contact: Contact, **more) -> ContactWay:
    key = read_key(get_public(make_openpgp(ADDRESS)))
    values = {"address": key.fingerprint, "mail_key": key.text, "confirmed_at": timezone.now(), **more}
    return ContactWay.objects.create(contact=contact, channel="mailkey", **values)


def test_a_key_is_never_changed_in_place(client, contact):
    way = make_way(contact)
    page = client.get(f"/cms/contactway/edit/{way.pk}/").content.decode()
    assert group_fingerprint(way.address) in page
    for name in ("pasted_key", "key_file", "sent_for", "hours_from"):
        assert f'name="{name}"' not in page
    other = get_public(make_openpgp(ADDRESS)).decode()
    client.post(
        f"/cms/contactway/edit/{way.pk}/",
        {"pasted_key": other, "address": "1" * 40, "is_active": "on", "version": way.version, "after_minutes": 9},
    )
    assert DirectoryChange.objects.count() == 0
    way.refresh_from_db()
    assert way.after_minutes == 0


def test_ending_a_key_takes_two(client, contact):
    way = make_way(contact)
    client.post(f"/cms/contactway/edit/{way.pk}/", {"version": way.version})
    way.refresh_from_db()
    assert way.is_active
    agree_to_all()
    way.refresh_from_db()
    assert (way.is_active, way.end_reason) == (False, "stopped")


def test_an_expired_key_is_not_switched_on_again(client, contact):
    over = read_key(make_smime(ADDRESS, ends=timezone.now() - timedelta(days=1)).pem)
    way = make_way(contact, mail_key=over.text, address=over.fingerprint, is_active=False)
    page = client.post(f"/cms/contactway/edit/{way.pk}/", {"version": way.version, "is_active": "on"}).content.decode()
    assert "This key has expired." in page


def test_coordinators_of_other_regions_see_no_key(client, keeper, contact):
    way = make_way(contact)
    User.objects.filter(pk=keeper.pk).update(username="of-the-north")
    sign_in(client, StaffRole.COORDINATOR, area("jug"))
    Region.objects.update(is_outreach=True)
    assert client.get(f"/cms/contactway/edit/{way.pk}/").status_code == 404
