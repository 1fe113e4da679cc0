-- errors_of_project: the kinds of failure that name a project.
SELECT id FROM error_patterns WHERE %(project)s = ANY (affected_projects)
