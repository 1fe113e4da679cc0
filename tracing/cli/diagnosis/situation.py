"""What the checks look at; everything that differs from machine to machine is a field, so that a test can set it."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from tracing.agentsettings import AgentSettings, SettingsFileError, settings_file
from tracing.cli.diagnosis import agentfiles
from tracing.installation import Installation


@dataclass(frozen=True)
class Situation:
    """One installation, the agent beside it, and the moment."""

    installation: Installation
    environment: Mapping[str, str]
    """That of the shell from which the agent would be started."""
    project: Path
    """The directory in which the agent would be started."""
    managed: Path = agentfiles.MANAGED
    """The administrator's settings of the agent."""
    now: float = field(default_factory=time.time)
    """Unix time in seconds."""

    @classmethod
    def here(cls) -> Situation:
        """Return the situation of this process."""
        return cls(Installation.here(), os.environ, Path.cwd())

    @cached_property
    def user_settings(self) -> Path:
        """The user's settings.json of the agent, whether it is there or not."""
        return settings_file(self.environment)

    @cached_property
    def files(self) -> list[agentfiles.SettingsFile]:
        """The agent's settings files that are there, highest precedence first."""
        return agentfiles.settings_files(self.user_settings, self.project, self.managed)

    @cached_property
    def plugin(self) -> str | None:
        """The id of our plugin, if a settings file enables it."""
        found = agentfiles.plugin(self.files)
        return found[0] if found else None

    def settings_at(self, path: Path) -> AgentSettings:
        """Return the settings in *path* as the installer sees them."""
        places = self.installation.places
        return AgentSettings(path, places.hooks, places.state, places.backups, self.installation.advised)

    @cached_property
    def hooked(self) -> list[agentfiles.SettingsFile]:
        """The settings files that name our hooks, all or some."""
        return [file for file in self.files if self._names_hooks(file.path)]

    def _names_hooks(self, path: Path) -> bool:
        try:
            return self.settings_at(path).installed() != "none"
        except SettingsFileError:
            return False

    @cached_property
    def hook_directories(self) -> dict[str, Path]:
        """The directory of the hooks for each form that is installed: ``settings``, ``plugin``."""
        found = {"settings": self.installation.places.hooks} if self.hooked else {}
        config = self.user_settings.parent
        if self.plugin and (root := agentfiles.plugin_root(config, self.plugin)):
            found["plugin"] = root / "hooks"
        return found
