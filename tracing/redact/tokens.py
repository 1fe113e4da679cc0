"""Tokens that are known by how they begin, since whoever issues them made them so: ``ghp_…``, ``AKIA…``."""

from __future__ import annotations

import re

from tracing.redact.shape import Shapes, shape, token

LONG_RUN = re.compile(r"[A-Za-z0-9_-]{16}")
"""A text without one holds no token."""

TOKENS = Shapes(
    # Two parts must follow the header; `eyJ` alone begins any JSON in base64 (source maps).  At the end of
    # a text the last part may have been cut off.
    token("jwt", "eyJ", r"[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]{8,}|\.?\Z)", word=r"\w-"),
    token("aws-access-key-id", "A[KS]IA", r"[A-Z0-9]{16}(?![A-Za-z0-9])", "AKIA", "ASIA"),
    token("gcp-api-key", "AIza", r"[\w-]{35}(?![\w-])", word=r"\w"),
    token("google-oauth", r"ya29\.", r"[\w-]{20,}", "ya29.", word=r"\w"),
    token("google-oauth", "GOCSPX-", r"[\w-]{20,}", word=r"\w"),
    token("google-oauth", "1//0", r"[\w-]{35,}", word=r"\w.-"),
    # A server token of an app may be `ghs_`, its number, and a JWT.
    token(
        "github-token",
        "gh[opusr]_",
        r"(?:[0-9]{1,20}_eyJ[\w.-]{36,}|\w{36,})",
        *("ghp_", "gho_", "ghu_", "ghs_", "ghr_"),
    ),
    token("github-token", "github_pat_", r"\w{22,}", word=r"\w"),
    token(
        "gitlab-token",
        "gl",
        r"(?:pat|ptt|rt|dt|cbt|oas|soat|imt|agent)-[\w-]{20,}(?:\.[\w-]{2,}){0,3}",
        *("glpat-", "glptt-", "glrt-", "gldt-", "glcbt-", "gloas-", "glsoat-", "glimt-", "glagent-"),
        word=r"\w",
    ),
    token("slack-token", "xox[abeoprs]-", r"[\w-]{10,}", "xox", word=r"\w"),
    token("slack-token", "xapp-", r"[\w-]{10,}", word=r"\w"),
    token("anthropic-key", "sk-ant-", r"[\w-]{16,}"),
    # Without one of the known prefixes no hyphens: `sk-` begins CSS classes too.
    token(
        "openai-key",
        "sk-",
        r"(?:(?:proj|svcacct|admin|None|or-v1)-[\w-]{20,}|[A-Za-z0-9]{32,})",
        word=r"\w-",
    ),
    token("stripe-key", "[sr]k_(?:live|test)_", r"[A-Za-z0-9]{16,}", "k_live_", "k_test_"),
    token("stripe-key", "whsec_", r"[A-Za-z0-9+/]{24,}", word=r"\w"),
    token("npm-token", "npm_", r"[A-Za-z0-9]{36,}", word=r"\w"),
    token("pypi-token", "pypi-", r"[\w-]{40,}", word=r"\w-"),
    token("huggingface-token", "hf_", r"[A-Za-z0-9]{30,}", word=r"\w"),
    token("sendgrid-key", r"SG\.", r"[\w-]{20,24}\.[\w-]{39,}", "SG.", word=r"\w"),
    token("twilio-key", "SK", r"[0-9a-f]{32}(?![A-Za-z0-9])"),
    token("twilio-key", "AC", r"[0-9a-f]{32}(?![A-Za-z0-9])"),
    token("digitalocean-token", "do[opr]_v1_", r"[0-9a-f]{64}(?![A-Za-z0-9])", "_v1_", word=r"\w"),
    token("mailgun-key", "key-", r"[0-9a-f]{32}(?![A-Za-z0-9-])", word=r"\w-"),
    shape("telegram-token", r"(?<![A-Za-z0-9])[0-9]{8,10}:AA[\w-]{33}(?![\w-])", ":AA"),
    # The first part is a number in base64.
    shape(
        "discord-token",
        r"(?:M[TjzD]|N[DTjz]|O[DT])(?<![\w-]..)[A-Za-z0-9]{20,28}\.[\w-]{6}\.[\w-]{27,40}(?![\w-])",
        *("MT", "Mj", "Mz", "MD", "ND", "NT", "Nj", "Nz", "OD", "OT"),
    ),
    token("linear-key", "lin_", r"(?:api|oauth)_[A-Za-z0-9]{32,}", "lin_api_", "lin_oauth_"),
    token("notion-token", "ntn_", r"[A-Za-z0-9]{40,}"),
    token("notion-token", "secret_", r"[A-Za-z0-9]{43}(?![A-Za-z0-9])", word=r"\w"),
    token("shopify-token", "shp(?:at|ca|pa|ss)_", r"[A-Fa-f0-9]{32}", "shpat_", "shpca_", "shppa_", "shpss_"),
    token("square-token", "sq0", r"(?:atp|csp)-[\w-]{22,}", "sq0atp-", "sq0csp-"),
    token("square-token", "EAAA", r"[\w-]{60}(?![\w-])", word=r"\w+/-"),
    token("databricks-token", "dapi", r"[0-9a-f]{32}(?:-[0-9]+)?(?![A-Za-z0-9])"),
    token("vault-token", r"hv[sbr]\.", r"[\w-]{24,}", "hvs.", "hvb.", "hvr."),
    token("heroku-key", "HRKU-", r"[\w-]{36,}"),
    token("age-key", "AGE-SECRET-KEY-1", r"[0-9A-Z]{50,}"),
    token("grafana-token", "gl(?:sa|c_)", r"_?[\w+/=-]{32,}", "glsa_", "glc_eyJ"),
    token("sentry-token", "sntry[su]_", r"[\w+/=-]{40,}", "sntrys_", "sntryu_"),
    token("atlassian-token", "AT[AC]TT3x", r"[\w=-]{60,}", "ATATT3x", "ATCTT3x"),
    token("doppler-token", r"dp\.", r"(?:pt|st|ct|sa|scim|audit)\.[\w.-]{40,}", "dp."),
    token("postman-key", "PMAK-", r"[0-9a-f]{24}-[0-9a-f]{34}"),
    token("newrelic-key", "NR(?:AK|JS|II)-", r"[A-Za-z0-9]{19,}", "NRAK-", "NRJS-", "NRII-"),
    token("supabase-key", "sbp_", r"[0-9a-f]{40}"),
    token("figma-token", "figd_", r"[\w-]{40,}"),
    token("groq-key", "gsk_", r"[A-Za-z0-9]{48,}"),
    token("xai-key", "xai-", r"[A-Za-z0-9]{60,}"),
    token("replicate-token", "r8_", r"[A-Za-z0-9]{36,}"),
    token("tailscale-key", "tskey-", r"[a-z]{3,10}-[\w-]{20,}"),
    token("rubygems-key", "rubygems_", r"[0-9a-f]{48}"),
    token("planetscale-token", "pscale_", r"(?:tkn|oauth|pw)_[\w.=-]{32,}"),
    shape("terraform-token", r"(?<![A-Za-z0-9])[A-Za-z0-9]{14}\.atlasv1\.[\w=-]{60,}", ".atlasv1."),
)
"""The longer ones of a family come first where both would match."""
