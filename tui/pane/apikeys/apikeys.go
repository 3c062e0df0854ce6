package apikeys

import (
	"context"
	"strings"

	tea "charm.land/bubbletea/v2"

	"muster/models"
	"muster/tui/host"
	"muster/tui/keys"
	"muster/tui/kit"
	"muster/tui/list"
	"muster/tui/theme"
	"muster/tui/ui"
)

const (
	scopeKeys     keys.Scope = "API keys"
	scopeServices keys.Scope = "service accounts"
)

// shown is which of its lists the pane shows.
type shown int

const (
	onKeys shown = iota
	onServices
	onWebhooks
	onDeliveries
)

// pane shows the API keys of the organization, its service accounts, its webhooks, or
// the deliveries to one of them.
type pane struct {
	keys       list.List[models.APIKey]
	services   list.List[models.ServiceAccount]
	webhooks   list.List[models.Webhook]
	deliveries list.List[models.WebhookDelivery]

	on shown
	to models.Webhook // whose deliveries
}

func newPane() *pane {
	p := &pane{}
	k, s := &p.keys, &p.services
	k.Pane, k.Matches, s.Pane, s.Matches = id, -1, id, -1
	k.Filters, s.Filters = models.APIKeyFilter, models.ServiceFilter
	k.Table.ID = func(v models.APIKey) string { return v.ID }
	s.Table.ID = func(v models.ServiceAccount) string { return v.ID }
	k.Markable = func(_ host.Host, v models.APIKey) bool { return v.NoRevoke == "" }
	k.Fetch = func(h host.Host) func(context.Context, list.Query) (models.Page[models.APIKey], error) {
		st, actor, org := h.Store, h.Actor, h.Org.ID
		return func(ctx context.Context, q list.Query) (models.Page[models.APIKey], error) {
			kq, err := models.APIKeyQuery{WithUse: true, Limit: q.Limit, After: q.After, Before: q.Before}.Filter(q.Search)
			if err != nil {
				return models.Page[models.APIKey]{}, err
			}
			return st.ListAPIKeys(ctx, actor, org, kq)
		}
	}
	s.Fetch = func(h host.Host) func(context.Context, list.Query) (models.Page[models.ServiceAccount], error) {
		st, actor, org := h.Store, h.Actor, h.Org.ID
		return func(ctx context.Context, q list.Query) (models.Page[models.ServiceAccount], error) {
			sq, err := models.ServiceQuery{Limit: q.Limit, After: q.After, Before: q.Before}.Filter(q.Search)
			if err != nil {
				return models.Page[models.ServiceAccount]{}, err
			}
			return st.ListServices(ctx, actor, org, sq)
		}
	}
	p.newWebhooks()
	return p
}

func (p *pane) columns(h host.Host) {
	if p.keys.Table.Columns != nil {
		return
	}
	muted := func(s string) (string, theme.Style) { return s, theme.Muted }
	p.keys.Table.Columns = []ui.Column[models.APIKey]{
		{Title: "LABEL", Min: 18, Max: 32, Keep: -1, Cell: func(k models.APIKey) (string, theme.Style) { return sign(k) + " " + k.Label, keyStyle(k) }},
		{Title: "FOR", Min: 16, Max: 30, Keep: 8, Cell: func(k models.APIKey) (string, theme.Style) {
			who := k.Holder()
			if k.Kind == models.KeyOrganization {
				who = "organization"
			}
			if k.CreatorLeft {
				return "left · " + who, theme.Warn
			}
			return who, theme.Text
		}},
		{Title: "SCOPES", Min: 10, Max: 26, Keep: 4, Cell: func(k models.APIKey) (string, theme.Style) { return muted(scopesWord(k.Scopes)) }},
		{Title: "LAST USED", Min: 9, Max: 10, Keep: 7, Cell: func(k models.APIKey) (string, theme.Style) {
			if k.LastUsedAt == nil {
				return muted("never")
			}
			return kit.Ago(h.Now, *k.LastUsedAt), theme.Text
		}},
		{Title: "EXPIRES", Min: 9, Max: 10, Keep: 9, Cell: func(k models.APIKey) (string, theme.Style) { return expiresWord(h, k) }},
		{Title: "30 DAYS", Min: 15, Max: 15, Keep: 2, Cell: func(k models.APIKey) (string, theme.Style) { return spark(k.Recent, 15), theme.Accent }},
		{Title: "ID", Min: 16, Max: 16, Keep: 1, Cell: func(k models.APIKey) (string, theme.Style) { return muted(k.ID) }},
	}
	p.services.Table.Columns = []ui.Column[models.ServiceAccount]{
		{Title: "NAME", Min: 18, Max: 32, Keep: -1, Cell: func(s models.ServiceAccount) (string, theme.Style) { return s.Name, theme.Text }},
		{Title: "ROLE", Min: 8, Max: 20, Keep: 9, Cell: func(s models.ServiceAccount) (string, theme.Style) { return s.Given().Label(), kit.RoleStyle(s.Role) }},
		{Title: "STATUS", Min: 9, Max: 9, Keep: 8, Cell: func(s models.ServiceAccount) (string, theme.Style) {
			if s.Status == models.ServiceDisabled {
				return "disabled", theme.Warn
			}
			return "active", theme.Text
		}},
		{Title: "KEYS", Min: 4, Max: 5, Keep: 7, Cell: func(s models.ServiceAccount) (string, theme.Style) { return ui.Count(s.Keys, false), theme.Text }},
		{Title: "CREATED BY", Min: 16, Max: 28, Keep: 4, Cell: func(s models.ServiceAccount) (string, theme.Style) {
			if s.CreatorLeft {
				return s.Creator + " · left", theme.Warn
			}
			return muted(s.Creator)
		}},
		{Title: "DESCRIPTION", Min: 14, Max: 40, Keep: 2, Cell: func(s models.ServiceAccount) (string, theme.Style) { return muted(models.SafeText(s.Description)) }},
	}
	p.webhookColumns(h)
}

// sign is the state of a key in one character.
func sign(k models.APIKey) string {
	switch {
	case k.State == models.APIKeyRevoked:
		return "✗"
	case k.State == models.APIKeyExpired:
		return "!"
	case k.NoUse != "":
		return "–"
	case k.ReplacedBy != "":
		return "↻"
	}
	return "●"
}

func keyStyle(k models.APIKey) theme.Style {
	switch {
	case k.State != models.APIKeyActive:
		return theme.Muted
	case k.NoUse != "":
		return theme.Warn
	}
	return theme.Text
}

func expiresWord(h host.Host, k models.APIKey) (string, theme.Style) {
	switch {
	case k.State == models.APIKeyRevoked:
		return "revoked", theme.Muted
	case k.State == models.APIKeyExpired:
		return "expired", theme.Muted
	case k.ExpiresAt == nil:
		return "never", theme.Muted
	case k.ExpiresSoon(h.Now):
		return "in " + kit.Until(h.Now, *k.ExpiresAt), theme.Warn
	}
	return "in " + kit.Until(h.Now, *k.ExpiresAt), theme.Text
}

func scopesWord(scopes []string) string {
	if len(scopes) == 1 && scopes[0] == models.ScopeAllActions {
		return "all"
	}
	return strings.Join(scopes, ", ")
}

// spark draws numbers as a line of columns, the largest as high as it. Where there
// are more than cells, neighbours are added up.
func spark(values []int, cells int) string {
	if len(values) == 0 {
		return ""
	}
	per := (len(values) + cells - 1) / cells
	var sums []int
	most := 0
	for i := 0; i < len(values); i += per {
		sum := 0
		for _, v := range values[i:min(i+per, len(values))] {
			sum += v
		}
		sums, most = append(sums, sum), max(most, sum)
	}
	steps := []rune("▁▂▃▄▅▆▇█")
	var b strings.Builder
	for _, v := range sums {
		if v == 0 {
			b.WriteRune('·')
			continue
		}
		b.WriteRune(steps[(v*len(steps)-1)/most])
	}
	return b.String()
}

func (p *pane) ID() host.PaneID { return id }

func (p *pane) Title() string { return "API keys" }

func (p *pane) Count(host.Host) string { return "" }

func (p *pane) Scope() keys.Scope {
	return [...]keys.Scope{scopeKeys, scopeServices, scopeWebhooks, scopeDeliveries}[p.on]
}

// Inner is the list that is shown.
func (p *pane) Inner() host.Lister {
	return [...]host.Lister{&p.keys, &p.services, &p.webhooks, &p.deliveries}[p.on]
}

func (p *pane) Fresh() {
	p.on = onKeys
	p.keys.Forget()
	p.services.Forget()
	p.webhooks.Forget()
	p.deliveries.Forget()
}

func (p *pane) SetHeight(rows int) {
	p.keys.Table.SetHeight(rows - 1)
	p.services.Table.SetHeight(rows - 1)
	p.webhooks.Table.SetHeight(rows - 1)
	p.deliveries.Table.SetHeight(rows - 1)
}

func (p *pane) Load(h host.Host) tea.Cmd {
	p.say(h)
	return p.Inner().Refresh(h)
}

// say puts what an empty list is for, and which key starts, into its place.
func (p *pane) say(h host.Host) {
	k, s := &p.keys.Table, &p.services.Table
	k.Empty, k.Hint = "No API keys yet: programs act with them", "Press n to create one"
	if why := whyNewKey(h); why != "" {
		k.Hint = why
	}
	s.Empty, s.Hint = "No service accounts yet: programs with a role of their own", "Press n to create one"
	if why := whyService(h); why != "" {
		s.Hint = why
	}
	p.sayWebhooks(h)
}

func (p *pane) Answer(h host.Host, msg tea.Msg) (tea.Cmd, bool) {
	switch m := msg.(type) {
	case list.Answer[models.APIKey]:
		return p.keys.Got(h, m), true
	case list.Answer[models.ServiceAccount]:
		return p.services.Got(h, m), true
	case list.Answer[models.Webhook]:
		return p.webhooks.Got(h, m), true
	case list.Answer[models.WebhookDelivery]:
		return p.deliveries.Got(h, m), true
	}
	return nil, false
}

// turn shows one of the lists, or the keys where that is shown.
func (p *pane) turn(h host.Host, to shown) tea.Cmd {
	if p.on == to {
		to = onKeys
	}
	p.on = to
	return p.Load(h)
}

// Back leaves a list for the one that it was opened from; it says whether there was
// one.
func (p *pane) Back(h host.Host) (tea.Cmd, bool) {
	switch p.on {
	case onKeys:
		return nil, false
	case onDeliveries:
		return p.turn(h, onWebhooks), true
	}
	return p.turn(h, onKeys), true
}

func (p *pane) Draw(h host.Host, r ui.Region, focused bool) {
	p.columns(h)
	p.drawHead(h, r.Sub(0, 0, r.W, 1))
	body := r.Sub(0, 1, r.W, r.H-1)
	switch p.on {
	case onKeys:
		p.keys.Table.Draw(body, focused, h.Now)
	case onServices:
		p.services.Table.Draw(body, focused, h.Now)
	case onWebhooks:
		p.webhooks.Table.Draw(body, focused, h.Now)
	case onDeliveries:
		p.deliveries.Table.Draw(body, focused, h.Now)
	}
	body.Zone(host.TableZone(id))
}

// drawHead names the lists.
func (p *pane) drawHead(h host.Host, r ui.Region) {
	tab := func(x int, text, action string, on bool) int {
		style := theme.Muted
		if on {
			style, text = theme.Accent|theme.Underline, "▸ "+text
		}
		n := r.Text(x, 0, text, style)
		if !on {
			r.Sub(x, 0, n, 1).Zone(host.ActionZone(action))
		}
		return x + n
	}
	x := tab(1, "Keys", "api_key.list", p.on == onKeys)
	services, hooks := h.Access.Can(models.PermKeysAll), h.Access.CheckWebhooks() == nil
	if !services {
		x += r.Text(x+1, 0, "· your own", theme.Muted) + 1
	}
	if services {
		x += r.Text(x, 0, " │ ", theme.Border)
		x = tab(x, "Service accounts", "service.list", p.on == onServices)
	}
	if hooks {
		x += r.Text(x, 0, " │ ", theme.Border)
		x = tab(x, "Webhooks", "webhook.list", p.on == onWebhooks)
	}
	if p.on == onDeliveries {
		r.Text(x, 0, " ▸ "+p.to.Host(), theme.Accent)
	}
}

func (p *pane) Status(host.Host) string {
	switch p.on {
	case onServices:
		return p.services.Position()
	case onWebhooks:
		return p.webhooks.Position()
	case onDeliveries:
		return p.deliveries.Position()
	}
	return p.keys.Position()
}

func (p *pane) Detail(h host.Host) (string, []ui.Line) {
	switch p.on {
	case onWebhooks:
		w, ok := p.webhooks.Table.Current()
		if !ok {
			return "", nil
		}
		return w.Host(), webhookFacts(h, w)
	case onDeliveries:
		d, ok := p.deliveries.Table.Current()
		if !ok {
			return "", nil
		}
		return d.Action, deliveryFacts(h, d)
	case onServices:
		s, ok := p.services.Table.Current()
		if !ok {
			return "", nil
		}
		var in []string
		for _, w := range s.Workspaces {
			in = append(in, w.Name+" ("+string(w.Role)+")")
		}
		return s.Name, kit.Facts("Description", s.Description, "Role", s.Given().Label(), "Status", string(s.Status), "Workspaces", strings.Join(in, ", "),
			"Working keys", ui.Count(s.Keys, false), "Created", kit.Moment(h, s.CreatedAt)+" by "+s.Creator+left(s.CreatorLeft), "Not to change", s.NoChange, "Id", s.ID)
	}
	k, ok := p.keys.Table.Current()
	if !ok {
		return "", nil
	}
	return k.Label, keyFacts(h, k)
}

func left(gone bool) string {
	if gone {
		return " (left)"
	}
	return ""
}

func keyFacts(h host.Host, k models.APIKey) []ui.Line {
	rate := ""
	if k.Rate > 0 {
		rate = ui.Count(k.Rate, false) + " a minute"
	}
	last := kit.MomentOr(h, k.LastUsedAt, "never")
	if k.LastAddress != "" {
		last += " from " + k.LastAddress
	}
	uses := 0
	for _, n := range k.Recent {
		uses += n
	}
	revoked := ""
	if k.RevokedAt != nil {
		revoked = kit.Moment(h, *k.RevokedAt) + " by " + kit.OrDeleted(k.RevokedBy)
	}
	expires := "never"
	if k.ExpiresAt != nil {
		expires = kit.Moment(h, *k.ExpiresAt)
	}
	return kit.Facts("For", k.Holder(), "Kind", string(k.Kind), "Role", k.RoleName, "Status", string(k.State), "Refused because", k.NoUse, "Scopes", scopesWord(k.Scopes),
		"Workspace", k.Workspace, "Project", k.Project, "Addresses", strings.Join(k.Addresses, ", "), "Rate", rate, "Last used", last,
		"30 days", spark(k.Recent, 30)+" "+kit.Count(uses, "use", "uses"), "Expires", expires, "Replaced by", k.ReplacedBy, "Revoked", revoked, "Because", k.RevokedWhy,
		"Created", kit.Moment(h, k.CreatedAt)+" by "+k.Creator+left(k.CreatorLeft), "Id", k.ID)
}
