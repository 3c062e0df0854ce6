package users

import (
	"context"
	"strings"

	tea "charm.land/bubbletea/v2"

	"muster/models"
	"muster/tui/host"
	"muster/tui/kit"
	"muster/tui/ui"
)

// inviteUserForm asks whom to invite into the installation.
func inviteUserForm(h host.Host) tea.Cmd {
	st := h.Store
	sent := "a mail with the code is on its way"
	if h.NoMail {
		sent = "no mail is set up: P shows a code to pass on"
	}
	form := &ui.Form{Title: "Invite into the installation", Send: "Invite", Intro: []ui.Line{
		{Text: "They get an account and a mail with a one-time code, with which they bring in their key."},
	}, Fields: []ui.FormField{
		ui.FormField{Name: "email", Label: "Email", Help: "the code is mailed there", Check: func(v string) error { _, err := models.CheckEmail("email", v); return err }}.With(""),
		ui.FormField{Name: "name", Label: "Name", Help: "how they are called", Check: kit.Name("name"), Follow: func(get func(string) string) string {
			name, _, _ := strings.Cut(get("email"), "@")
			return name
		}}.With(""),
		ui.FormField{Name: "site_admin", Label: "Site admin", Kind: ui.SwitchField, Help: "administers this installation"}.With(models.Off),
	}, Submit: func(get func(string) string) tea.Cmd {
		n := models.NewAccount{Email: get("email"), Name: get("name"), SiteAdmin: get("site_admin") == models.On}
		return h.ActTop(func(ctx context.Context, actor models.Actor) host.Outcome {
			u, err := st.InviteUser(ctx, actor, n)
			return host.Outcome{Err: err, Text: "made an account for " + u.Email + "; " + sent, Then: func(h host.Host) tea.Cmd { of(h).Own = true; return nil }}
		})
	}}
	h.Show(form.Prepare())
	return nil
}
