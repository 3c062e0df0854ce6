package shell

import (
	"strings"

	tea "charm.land/bubbletea/v2"

	"muster/models"
	"muster/store"
	"muster/tui/kit"
	"muster/tui/theme"
	"muster/tui/ui"
)

// linkOffer shows what a join link lets somebody into, and with which key; one
// key accepts.
func (a *App) linkOffer(l models.LinkOffer, factor *newFactor) *ui.Notice {
	lines := []ui.Line{{Text: l.OrgName + " (" + l.OrgCode + ")", Style: theme.Text | theme.Bold}, {},
		pairLine("As", string(l.Role)), pairLine("Link by", l.CreatorName+" <"+l.CreatorEmail+">"+models.UnverifiedMark(l.CreatorVerified)),
		pairLine("Expires", kit.Moment(a.h, l.ExpiresAt)), pairLine("Your key", a.Actor.Key)}
	if len(l.EmailDomains) > 0 {
		lines = append(lines, pairLine("Open to", "addresses of "+strings.Join(l.EmailDomains, ", ")))
	}
	lines = append(lines, ui.Line{})
	accept := func() tea.Cmd { return a.acceptCode(store.Newcomer{}) }
	switch known := l.Known; {
	case known == nil:
		lines = append(lines, ui.Line{Text: "This key is new here: you will be asked for your name and address, and an account will be created with it."})
		lines = append(lines, factor.lines()...)
		accept = func() tea.Cmd { return a.askNewcomer(l, factor) }
	case l.AlreadyMember:
		lines = append(lines, ui.Line{Text: "You are already a member; joining changes nothing and does not use the link."})
	default:
		lines = append(lines, ui.Line{Text: "You join as " + known.Name + " <" + known.Email + ">."})
	}
	return &ui.Notice{Title: "Join with a link", Lines: lines, Fixed: true, Keys: []ui.NoticeKey{
		{Hint: ui.Hint{Key: "a", Title: "join"}, Stay: true, Do: accept},
		{Hint: ui.Hint{Key: "q", Title: "not now"}, Do: func() tea.Cmd {
			return a.quit("You did not join. The link can be used until " + kit.Moment(a.h, l.ExpiresAt) + ".")
		}},
	}}
}

// askNewcomer asks somebody with a new key who they are: a link, other than an
// invitation, knows no address.
func (a *App) askNewcomer(l models.LinkOffer, factor *newFactor) tea.Cmd {
	domains := models.MemberSettings{EmailDomains: l.EmailDomains}
	help := "your address in this installation"
	if len(l.EmailDomains) > 0 {
		help = "one of " + strings.Join(l.EmailDomains, ", ")
	}
	form := &ui.Form{Title: "Who you are", Send: "Join", Intro: []ui.Line{{Text: "This is how others will see you."}},
		Fields: []ui.FormField{
			ui.FormField{Name: "name", Label: "Name", Help: "1 to 64 characters", Check: kit.Name("name")}.With(a.opt.Name),
			ui.FormField{Name: "email", Label: "Email", Help: help, Check: func(v string) error {
				v, err := models.CheckEmail("email", v)
				if err != nil {
					return err
				}
				return domains.CheckEmailDomain(v)
			}}.With(a.opt.Email),
		},
		Submit: func(get func(string) string) tea.Cmd {
			return a.acceptNew(store.Newcomer{Name: get("name"), Email: get("email")}, factor)
		}}
	a.Show(form.Prepare())
	return nil
}
