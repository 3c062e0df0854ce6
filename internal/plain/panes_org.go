package plain

import (
	"context"
	"strings"

	"muster/internal/op"
	"muster/models"
)

func settingsPane() *pane {
	return &pane{
		name: "settings", title: "Settings", list: "settings.list", open: "settings.show", key: "Key", from: "Key", label: "Title", only: []string{"Section"},
		explain: func(item any) []string {
			v := item.(op.Setting)
			lines := []string{v.Title + ": " + v.Help, "Who may change it: " + v.WhoMay}
			if len(v.Choices) > 0 {
				lines = append(lines, "One of: "+strings.Join(v.Choices, ", "))
			}
			return lines
		},
		rows: []action{{title: "change", why: denied("ReadOnly"), run: changeSetting}},
		top: []action{
			{title: "roles", pane: func(any) *pane { return rolesPane() }},
			{title: "plans", pane: func(any) *pane { return plansPane() }},
			{title: "payment methods", why: needs(models.PermBilling), pane: func(any) *pane { return paymentsPane() }},
			{op: "plan.show", title: "plan and usage"},
			{op: "organization.show", title: "show the organization"},
			{op: "can_i.list", title: "what I may do here", with: func(any) values { return values{"Workspace": nil} }},
			{op: "organization.delete", title: "delete the organization", then: leave},
		},
	}
}

// changeSetting asks for the value of a setting. Where the new one would lock
// the person out, it asks once more.
func changeSetting(ctx context.Context, s *Session, item any) error {
	v := item.(op.Setting)
	if err := s.Say("Empty keeps the value in brackets, - clears it, ! cancels."); err != nil {
		return err
	}
	for {
		value, given, err := s.settingValue(v)
		if err != nil || !given {
			return err
		}
		err = s.saveSetting(ctx, v, value, false)
		if isLockOut(err) {
			if err := s.Fail(err); err != nil {
				return err
			}
			if yes, err := s.yes("Save anyway?"); err != nil || !yes {
				return err
			}
			err = s.saveSetting(ctx, v, value, true)
		}
		if err == nil {
			return nil
		}
		wrong := models.CodeOf(err) == models.CodeInvalid
		if err := s.failed(err); err != nil || !wrong {
			return err
		}
	}
}

// settingValue asks for a value; given says that there is a new one.
func (s *Session) settingValue(v op.Setting) (value string, given bool, err error) {
	now := v.Value
	if now == "" {
		now = "empty"
	}
	line, err := s.Ask(v.Title + " [" + now + "]: ")
	if err != nil {
		return "", false, err
	}
	switch value = strings.TrimSpace(line); value {
	case "":
		return "", false, s.Say("It was not changed.")
	case "!":
		return "", false, s.Say("Cancelled, nothing was changed.")
	case "-":
		return "", true, nil
	}
	return value, true, nil
}

// saveSetting saves a value, if the old one still is what was shown.
func (s *Session) saveSetting(ctx context.Context, v op.Setting, value string, force bool) error {
	r := op.Find("settings.update")
	in := r.New()
	put(in, values{"Set": []string{v.Key + "=" + value}, "If": []string{v.Key + "=" + v.Value}, "Force": force})
	as, base := s.Me(), &models.Base{}
	as.Record = base
	out, err := s.Do(ctx, as, r, in)
	if err != nil {
		return err
	}
	if err := s.Show(ctx, r, out, 0); err != nil {
		return err
	}
	back := action{title: "change", undo: func(any, any) (string, values) {
		return r.Name, values{"Set": []string{v.Key + "=" + v.Value}}
	}}
	return s.keep(back, v.Title, base, v, out)
}

func rolesPane() *pane {
	return &pane{
		title: "Roles", list: "role.list", open: "role.show", key: "Role", label: "Name",
		rows: []action{
			{op: "role.update", title: "change", why: denied("ReadOnly"), undo: func(item, _ any) (string, values) {
				r := item.(models.RoleView)
				grants := []string{}
				for _, g := range r.Grants {
					grants = append(grants, string(g))
				}
				return "role.update", values{"Role": r.ID, "Name": r.Name, "Description": r.Description, "Permissions": grants}
			}},
			{op: "role.delete", title: "delete", why: denied("ReadOnly"), gone: true},
		},
		top: []action{{op: "role.create", title: "create a role"}},
	}
}

func plansPane() *pane {
	return &pane{
		title: "Plans", list: "plan.list", key: "Plan", from: "Name", label: "Name",
		rows: []action{
			{op: "plan.set.preview", title: "preview"},
			{op: "plan.set", title: "choose it", why: denied("ReadOnly"), undo: func(_, out any) (string, values) {
				return "plan.set", values{"Plan": out.(op.PlanChange).From.Name}
			}},
		},
	}
}

func paymentsPane() *pane {
	return &pane{
		title: "Payment methods", list: "payment.list", key: "Label", from: "Label", label: "Label",
		rows: []action{
			{op: "payment.default", title: "make it the default"},
			{op: "payment.remove", title: "remove", gone: true, undo: func(item, _ any) (string, values) {
				return "payment.add", values{"Label": text(item, "Label"), "Reference": text(item, "Reference")}
			}},
		},
		top: []action{{op: "payment.add", title: "add one", undo: func(_, out any) (string, values) {
			return "payment.remove", values{"Label": text(out, "Label")}
		}}},
	}
}

func workspacesPane() *pane {
	return &pane{
		name: "workspaces", title: "Workspaces", list: "workspace.list", open: "workspace.show", key: "Workspace", label: "Name", only: []string{"Filter"},
		rows: []action{
			{title: "projects", pane: func(item any) *pane { return projectsPane(item.(models.WorkspaceView)) }},
			{title: "who is in it", pane: func(item any) *pane { return peoplePane(item.(models.WorkspaceView)) }},
			{op: "workspace.switch", title: "make it the current one"},
			{op: "workspace.update", title: "change", why: inWorkspace(nil, models.PermWorkspaceChange), undo: func(item, _ any) (string, values) {
				return "workspace.update", values{"Workspace": text(item, "ID"), "Name": text(item, "Name"), "Description": text(item, "Description")}
			}},
			{op: "workspace.delete", title: "delete", gone: true},
		},
		top: []action{{op: "workspace.create", title: "create a workspace"}},
	}
}

func projectsPane(w models.WorkspaceView) *pane {
	return &pane{
		title: "Projects of " + w.Name, list: "project.list", open: "project.show", key: "Project", label: "Name", only: []string{"Filter"},
		with: values{"Workspace": w.ID},
		rows: []action{
			{op: "project.update", title: "change", why: inWorkspace(&w, models.PermProjectChange), undo: func(item, _ any) (string, values) {
				return "project.update", values{"Workspace": w.ID, "Project": text(item, "ID"), "Name": text(item, "Name"),
					"Description": text(item, "Description"), "Environment": text(item, "Environment")}
			}},
			{op: "project.delete", title: "delete", why: inWorkspace(&w, models.PermProjectManage), gone: true},
		},
		top: []action{{op: "project.create", title: "create a project", why: inWorkspace(&w, models.PermProjectManage)}},
	}
}

func peoplePane(w models.WorkspaceView) *pane {
	return &pane{
		title: "Members of " + w.Name, list: "workspace.members", key: "User", label: "Email", only: []string{"Filter"},
		with: values{"Workspace": w.ID},
		rows: []action{
			{op: "workspace.change_role", title: "change role", why: inWorkspace(&w, models.PermWorkspaceMembers), gone: true, undo: func(item, _ any) (string, values) {
				return "workspace.change_role", values{"Workspace": w.ID, "User": text(item, "ID"), "Role": givenIn(item)}
			}},
			{op: "workspace.remove_member", title: "remove from the workspace", gone: true, undo: func(item, _ any) (string, values) {
				return "workspace.add_member", values{"Workspace": w.ID, "User": text(item, "ID"), "Role": givenIn(item)}
			}},
		},
		top: []action{{op: "workspace.add_member", title: "add a member", why: inWorkspace(&w, models.PermWorkspaceMembers), undo: func(_, out any) (string, values) {
			return "workspace.remove_member", values{"Workspace": w.ID, "User": text(out, "ID")}
		}}},
	}
}

// givenIn is the role that somebody was added to a workspace with.
func givenIn(item any) string {
	if m := item.(models.WorkspaceMember); m.Custom != nil {
		return m.Custom.ID
	}
	return text(item, "Given")
}

func overviewPane() *pane {
	return &pane{
		name: "overview", title: "Overview", when: inShared, list: "organization.overview",
		with: values{"Days": 14},
		top: []action{
			{op: "organization.overview", title: "for other days", ask: []string{"Days"}},
			{op: "invitation.stats", title: "invitations by period"},
			{op: "organization.here", title: "who has the app open"},
		},
	}
}

func auditPane() *pane {
	return &pane{
		name: "audit", title: "Audit log", list: "audit.list", label: "Action",
		only: []string{"Filter"},
		explain: func(item any) []string {
			var lines []string
			for _, x := range [][2]string{{"At", "When"}, {"ActorEmail", "Who"}, {"OnBehalfOf", "For"}, {"Action", "Action"}, {"TargetLabel", "On"},
				{"Outcome", "Outcome"}, {"Reason", "Reason"}, {"Via", "Via"}, {"Address", "Address"}, {"Key", "Key"}} {
				if v := text(item, x[0]); v != "" {
					lines = append(lines, x[1]+": "+v)
				}
			}
			return append(lines, changeLines(text(item, "Before"), text(item, "After"))...)
		},
		top: []action{
			{op: "audit.verify", title: "verify"},
			{op: "audit.export", title: "export"},
			{title: "your own changes, to undo or redo", pane: func(any) *pane { return historyPane() }},
			{title: "log of the installation", why: func(s *Session, _ any) error {
				return models.OnlySiteAdmin(s.me.User, "read the log of the installation")
			},
				pane: func(any) *pane {
					p := auditPane()
					p.title, p.own, p.with = "Log of the installation", true, values{"Installation": true}
					p.top = p.top[:2] // without what is of one organization
					return p
				}},
		},
	}
}

// changeLines says what an entry changed, a field a line.
func changeLines(before, after string) (lines []string) {
	for _, c := range (models.AuditEntry{Before: before, After: after}).Changes() {
		var parts []string
		if c.Before != "" {
			parts = append(parts, "was "+models.SafeText(c.Before))
		}
		if c.After != "" {
			parts = append(parts, "now "+models.SafeText(c.After))
		}
		if len(parts) > 0 {
			lines = append(lines, sentence(strings.ReplaceAll(c.Field, "_", " "))+": "+strings.Join(parts, ", "))
		}
	}
	return lines
}

// historyPane takes back what was done in other sessions, too.
func historyPane() *pane {
	last := func(any) values { return values{"Entry": ""} }
	return &pane{
		title: "Your changes", list: "history.list", label: "Action",
		top: []action{
			{op: "history.undo", title: "undo the last one", with: last},
			{op: "history.redo", title: "redo what was undone last", with: last},
		},
	}
}
