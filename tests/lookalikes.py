"""Texts that look like secrets and are none: hashes, ids, encoded images, long names; they must stay as they are."""

from __future__ import annotations

import base64
import hashlib
import uuid

_SHA1 = hashlib.sha1(b"a commit").hexdigest()  # noqa: S324  # git's own
_SHA256 = hashlib.sha256(b"a layer").hexdigest()
_MD5 = hashlib.md5(b"a file").hexdigest()  # noqa: S324  # a checksum's
_SHA512 = base64.b64encode(hashlib.sha512(b"a package").digest()).decode()
_UUID = str(uuid.UUID(_MD5))
_IMAGE = base64.b64encode(b"\x89PNG\r\n\x1a\n" + hashlib.sha512(b"pixels").digest() * 40).decode()

LOOKALIKES = [
    # -- hashes
    _SHA1,
    _SHA256,
    _MD5,
    f"commit {_SHA1}\nAuthor: Bob <bob@example.com>\nDate:   Mon Nov 23 06:03:11 2026 +0100",
    f"{_SHA1[:8]}..{_SHA1[8:16]} main -> origin/main",
    f"index {_SHA1[:7]}..{_SHA1[7:14]} 100644\n--- a/src/token.py\n+++ b/src/token.py",
    f"tree {_SHA1}\nparent {_SHA1}",
    f"GIT_COMMIT={_SHA1}",
    f"CI_COMMIT_SHA={_SHA1}",
    f"SOURCE_VERSION={_SHA1}",
    f"sha256: {_SHA256}",
    f"IMAGE_DIGEST=sha256:{_SHA256}",
    f"FROM python:3.12-slim@sha256:{_SHA256}",
    f'"integrity": "sha512-{_SHA512}",',
    f"  integrity sha512-{_SHA512}",
    f"golang.org/x/text v0.3.7 h1:{_SHA512[:43]}=",
    f"requests==2.31.0 --hash=sha256:{_SHA256}",
    f'checksum = "{_SHA256}"',
    f'content-hash = "{_SHA256}"',
    f"{_MD5}  dump.sql.gz",
    f'ETag: "{_MD5}"',
    f"CACHE_KEY=node-modules-{_SHA256}",
    f'<script src="https://cdn.example.com/a.js" integrity="sha384-{_SHA512[:64]}" crossorigin="anonymous">',
    f"main.{_MD5[:20]}.chunk.js",
    # -- ids
    _UUID,
    f"session_id: {_UUID}",
    f"REQUEST_ID={_UUID}",
    f"TRACEPARENT=00-{_MD5}-{_MD5[:16]}-01",
    "toolu_01A09q90qw90lq917835lq9",
    '{"tool_use_id": "toolu_01Vw3K9mXo2PzQ8rT5yBnLc4", "is_error": false}',
    "msg_01XFDUDYJgAACzvnptvVoYEL",
    "pod/payment-gateway-deployment-66b6c48dd5-7xkzq",
    "POD_NAME=payment-gateway-deployment-66b6c48dd5-7xkzq",
    "arn:aws:iam::123456789012:role/service-role/AWSCodePipelineServiceRole-eu-west-1-main",
    "arn:aws:secretsmanager:eu-west-1:123456789012:secret:prod/db-a1B2c3",
    "s3://my-bucket/logs/2026/11/23/part-00000-5c1f9e6f3a4c1e9a705d3c1b2a0f9e00.snappy.parquet",
    "projects/my-project-123456/locations/europe-west1/keyRings/main/cryptoKeys/disk",
    "i-0abcd1234ef567890 subnet-0123456789abcdef0 vpc-0a1b2c3d4e5f67890",
    "docker.io/library/postgres@sha256:" + _SHA256,
    # -- encoded data
    f"data:image/png;base64,{_IMAGE}",
    f'<img src="data:image/svg+xml;base64,{_IMAGE[:400]}">',
    f'{{"type": "image", "data": "{_IMAGE}"}}',
    f"//# sourceMappingURL=data:application/json;base64,eyJ2ZXJzaW9uIjozLCJmaWxlIjoi{_IMAGE[:200]}",
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI" + _SHA512[:43].replace("/", "a").replace("+", "b") + " bob@example.com",
    "-----BEGIN CERTIFICATE-----\n" + _IMAGE[:256] + "\n-----END CERTIFICATE-----",
    "-----BEGIN PUBLIC KEY-----\n" + _IMAGE[:128] + "\n-----END PUBLIC KEY-----",
    # -- names
    "AbstractSingletonProxyFactoryBeanDefinitionParserRegistrationException",
    "HANDLER=com.example.internal.AbstractSingletonProxyFactoryBeanV2",
    "test_the_token_of_a_user_is_refreshed_before_it_expires_and_not_after",
    "DEFAULT_AUTO_FIELD = 'django.db.models.BigAutoField'",
    "the_quick_brown_fox_jumps_over_13_lazy_dogs_and_42_cats",
    "node_modules/.pnpm/@babel+plugin-transform-react-jsx@7.23.4_@babel+core@7.23.7/node_modules",
    "hf_hub_download(repo_id, filename)",
    "npm_config_registry=https://registry.npmjs.org/",
    # -- code
    "!function(e,t){for(var n=0,r=t.length;n<r;n++){var o=t[n];o.key=o.key||!1,o.token=e.token}}(window,document);",
    "const token = await getToken({ audience, scope });",
    "password = os.environ['DB_PASSWORD']",
    "def login(user: str, password: str | None = None) -> Token:",
    "if (!secret) throw new Error('secret is required');",
    "export const TOKEN_TYPES = { access: 'access', refresh: 'refresh' };",
    "  password: ${{ secrets.DB_PASSWORD }}",
    "API_KEY=${API_KEY:-}",
    "mysql -u root -p app < dump.sql",
    "docker run -p 5432:5432 -e POSTGRES_PASSWORD postgres",
    "ssh -p 2222 bob@example.com",
    "mkdir -p src/a && cp -p a b",
    "curl -u $USER:$PASS https://api.example.com",
    # -- style, versions, figures
    ".sk-fading-circle .sk-circle:before{animation:sk-circleFadeDelay 1.2s infinite ease-in-out both}",
    "background:#0f1e2d3c;box-shadow:0 0 0 1px rgba(15,30,45,.6)",
    "Python 3.12.4 (main, Jun  6 2026, 18:26:44) [GCC 13.2.0]",
    "hooktrace-0.1.0-py3-none-manylinux2014_x86_64.whl",
    "1.2.3-beta.4+build.20261123.abcdef0",
    '"usage": {"input_tokens": 12345, "cache_read_input_tokens": 67890, "max_tokens": 32000}',
    "2026-11-23T06:03:11.123456789Z INFO request completed in 12.345678ms bytes=1234567890123456789",
    "tokens: 12345 in, 678 out",
    "-rw-r--r-- 1 root root 4096 Nov 23 06:03 secrets.yaml",
    "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin LANG=C.UTF-8 SHLVL=2",
    "GPG_FINGERPRINT=E3FF2839C048B25C084DEBE9B26995E310250568",
    "Bearer authentication-scheme is required for each of the requests",
    "see https://user@example.com:8080/a/b?c=d#e and http://[::1]:5432/",
    "src/app/main.py:1234:token:name:value",
]
"""More than sixty, each a text of its own."""
