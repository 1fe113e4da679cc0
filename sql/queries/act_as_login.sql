-- act_as_login: lets the login itself act for the rest of the transaction: only a superuser may create some extensions.
SELECT set_config('role', 'none', true)
