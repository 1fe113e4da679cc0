-- forget_object: takes an object that a migration dropped off the list.
DELETE FROM hooktrace.objects WHERE kind = %(kind)s AND name = %(name)s
