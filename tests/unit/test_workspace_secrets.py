"""What is taken out of text before it is indexed, and what is left alone. All secrets here are made up."""

from __future__ import annotations

import string
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dt6_lsp.workspace.secrets import FORMS, REMOVED, redact

LETTERS = "aB3dE5gH7jK9mN1pQ2rS4tU6vW8xY0zAbCdEfGhIjKlMnOpQrStUvWxYz"


def made(prefix: str, length: int, letters: str = LETTERS) -> str:
    """A token of that form, put together here so that no file of this repository holds one."""
    return prefix + (letters * 9)[:length]


KNOWN = {
    "AWS access key": made("AKIA", 16, "ABCD2345EFGH67"),
    "GitHub token": made("ghp_", 36),
    "GitHub fine-grained token": made("github_pat_", 22) + made("_", 59),
    "GitLab token": made("glpat-", 20),
    "Slack token": "xoxb-" + "123456789012-" * 2 + made("", 24),
    "Slack app token": "xapp-1-A0B1C2-123-" + made("", 40, "0a1b2c3d4e5f"),
    "OpenAI key": made("sk-proj-", 48),
    "OpenAI-style key": made("sk-", 48),
    "Anthropic key": made("sk-ant-api03-", 60),
    "Hugging Face token": made("hf_", 34, string.ascii_letters),
    "Google API key": made("AIza", 35),
    "Google OAuth secret": made("GOCSPX-", 28),
    "Stripe key": made("sk_live_", 24),
    "SendGrid key": made("SG.", 22) + made(".", 43),
    "npm token": made("npm_", 36),
    "PyPI token": made("pypi-AgE", 60),
    "DigitalOcean token": made("dop_v1_", 64, "0a1b2c3d4e5f"),
    "JSON web token": made("eyJ", 20) + made(".eyJ", 30) + made(".", 40),
}


@pytest.mark.parametrize("name", KNOWN)
def test_keys_of_a_known_form_are_removed_wherever_they_stand(name: str) -> None:
    secret = KNOWN[name]
    assert redact(f"before {secret} after\n") == f"before {REMOVED} after\n"
    assert redact(f"f('{secret}')\r\nx\r\n") == f"f('{REMOVED}')\r\nx\r\n"


@pytest.mark.parametrize("name", ["AWS access key", "GitHub token", "GitLab token"])
def test_all_that_a_key_may_begin_with_is_found(name: str) -> None:
    first, *others = next(form.hints for form in FORMS if form.name == name)
    for beginning in others:
        secret = KNOWN[name].replace(first, beginning)
        assert beginning in secret
        assert redact(f"x = {secret}\n") == f"x = {REMOVED}\n"


def test_every_form_is_tested() -> None:
    elsewhere = {"private key", "Slack webhook", "password in an address"}
    assert {form.name for form in FORMS} == set(KNOWN) | elsewhere


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('password = "q7Xk!92mPz"', 'password = "[]"'),
        ("DB_PASSWORD: 'q7Xk!92mPz',", "DB_PASSWORD: '[]',"),
        ('"api_key": "9f86d081884c7d659a2feaa0c55ad015"', '"api_key": "[]"'),
        ('const authToken: string = "k3J9x0Qw7Zp2";', 'const authToken: string = "[]";'),
        ("config['client_secret'] = 'k3J9x0Qw7Zp2'", "config['client_secret'] = '[]'"),
        (":secret_key => 'k3J9x0Qw7Zp2'", ":secret_key => '[]'"),
        ('accessKey := "k3J9x0Qw7Zp2"', 'accessKey := "[]"'),
        ("export API_TOKEN=k3J9x0Qw7Zp2Lm5Nb8Vc", "export API_TOKEN=[]"),
        ("  aws_secret_access_key: k3J9x0Qw7Zp2Lm5Nb8Vc/+", "  aws_secret_access_key: []"),
        ("password: s3cretYaml99", "password: []"),
        ("- db_password: hunter2  # not here", "- db_password: []  # not here"),
        ("spring.datasource.password=s3cretProps99", "spring.datasource.password=[]"),
        ("password = s3cretIni99\r\n", "password = []\r\n"),
        ("smtp_pwd = p4ss!word#9", "smtp_pwd = []"),
        ("export TOKEN=abc123xyz789", "export TOKEN=[]"),
        ("ENV API_KEY=k9f8a7s6d5", "ENV API_KEY=[]"),
        ('connect(user="me", password="s3cretKwarg99")', 'connect(user="me", password="[]")'),
        ('self.password = "MySecretPass99"', 'self.password = "[]"'),
        ("<db.password>s3cretXml99</db.password>", "<db.password>[]</db.password>"),
        ('<add key="SmtpPassword" value="s3cretNet99" />', '<add key="SmtpPassword" value="[]" />'),
        ("mysql --user=me --password=s3cretCli99 db", "mysql --user=me --password=[] db"),
        (f'aws_secret_access_key = "{made("", 39)}/"', 'aws_secret_access_key = "[]"'),
        (f"AWS_SECRET_ACCESS_KEY={made('', 39)}+", "AWS_SECRET_ACCESS_KEY=[]"),
        ("postgres://app:q7Xk92mPz@db.local/x", "postgres://app:[]@db.local/x"),
        ("https://hooks.slack.com/services/T0B1C2D3E/B4F5G6H7/i8J9k0L1m2N3o4P5", "https://hooks.slack.com/services/[]"),
    ],
)
def test_a_random_looking_value_of_a_secret_name_is_removed(text: str, expected: str) -> None:
    assert redact(text) == expected.replace("[]", REMOVED)


@pytest.mark.parametrize(
    "text",
    [
        'password = "password"',
        'password = "changeme123"',
        'password = os.environ["DB_PASSWORD_2"]',
        'password = "${DB_PASSWORD2}"',
        'token = "<your-token-1>"',
        'token = "{{ secrets.TOKEN1 }}"',
        'TOKEN_URL = "https://example.com/oauth2/token"',
        '"V1Secret": ".models.v1_secret"',
        '"secret_ref": "V1SecretReference"',
        'token_type = "IDENTIFIER_TOKEN_2"',
        'password_label = "Enter your password, 8 characters"',
        "token = parser2.next_token_kind3()",
        "token: Optional[Token2] = None",
        "secret = base64.b64decode(value2)",
        "api_key = settings.openai2.api_key",
        "tokens = tokenizer2",
        "if token == other2: return",
        "task-1234567890abcdef1234567890abcdef123456",
        "http://user:password@host/",
        "password: ${DB_PASSWORD2}",
        "password: <your-token-1>",
        "password: changeme1",
        "password: password1",
        'password = "" # 2',
        "password: str",
        "password: String?",
        "    token: Token2",
        "password: u32,",
        "token: uint256",
        "password = user2.password",
        "password = self.form1['password']",
        "export TOKEN=$(pass show 2)",
        "export TOKEN=$TOKEN2",
        "password: !vault2",
        'password: "Enter your password (8+)"',
        '"password": "{0} is not valid"',
        'token = "token_2"',
        'access_token = "oauth2_access"',
        'key_path = "secret/v2/app1"',
        'private_key = "/etc/ssl/key2.pem"',
        "<password>${env.PASSWORD2}</password>",
        "<password>secret</password>",
        "git push --token=$TOKEN2",
        "git@github.com:owner/repo1.git",
        "sha256 = '9f86d081884c7d659a2feaa0c55ad015'",
        "key = 'k3J9x0Qw7Zp2'",
    ],
)
def test_names_words_placeholders_and_references_stay(text: str) -> None:
    assert redact(text) == text


def test_a_private_key_is_removed_line_by_line() -> None:
    body = "\r\n".join([made("", 64), made("", 64), made("", 20)])
    text = f"a\r\n-----BEGIN OPENSSH PRIVATE KEY-----\r\n{body}\r\n-----END OPENSSH PRIVATE KEY-----\r\nb\r\n"
    assert redact(text) == f"a\r\n{REMOVED}\r\n\r\n\r\n\r\n\r\nb\r\n"


FRAGMENTS = ['password = "q7Xk!92mPz"', "TOKEN=", "secret: ", "\n", "\r\n", "\r", "İ", "-----BEGIN PRIVATE KEY-----"]
pieces = st.one_of(st.sampled_from([*KNOWN.values(), *FRAGMENTS]), st.text(max_size=20))


@given(st.lists(pieces, max_size=12).map("".join))
def test_lines_stay_where_they_are_and_a_second_time_changes_nothing(text: str) -> None:
    once = redact(text)
    assert [letter for letter in once if letter in "\r\n"] == [letter for letter in text if letter in "\r\n"]
    assert redact(once) == once


@pytest.mark.parametrize(
    "piece",
    [
        "eyJaaaaaaaaaaaaa-",
        "-----BEGIN PRIVATE KEY-----\n" + "A" * 50,
        "token=",
        "://a:",
        "password\n",
        "xoxb-1-",
        "sk-a1A",
    ],
)
def test_text_made_to_backtrack_takes_no_time(piece: str) -> None:
    start = process_time()
    redact(piece * (400_000 // len(piece)))
    assert process_time() - start < 2
