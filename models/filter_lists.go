package models

import (
	"slices"
	"time"
)

// What filters each list, and how a filter becomes the query of the store.

const (
	filterPeople = "an address, a name or a handle"
	filterNames  = "a name or a description"
)

func agoValues() []string { return []string{"<1d", "<7d", "<30d", ">30d", ">90d"} }

func names[T ~string](values []T) []string {
	out := make([]string, len(values))
	for i, v := range values {
		out[i] = string(v)
	}
	return out
}

func filterRole(not bool) FilterName {
	return FilterName{Name: "role", Help: "a role", Values: names(Roles()), Complete: "role", Free: true, Not: not}
}

func filterWhen(name, help string) FilterName {
	return FilterName{Name: name, Help: help + ": " + WhenHelp, Values: agoValues(), Time: true}
}

// MemberFilter filters members.
func MemberFilter() *Filter {
	return &Filter{Words: filterPeople, Names: []FilterName{
		filterRole(true),
		{Name: "status", Help: "active, suspended or invited, or several with commas between them", Values: names(MemberStatuses()), Many: true, Not: true},
		{Name: "by", Help: "part of the inviter's address", Complete: "member", Free: true},
		filterWhen("seen", "last seen"),
		filterWhen("joined", "joined"),
	}}
}

// Filter narrows the query by a filter.
func (q MemberQuery) Filter(text string, now time.Time) (MemberQuery, error) {
	err := MemberFilter().each(text, &q.Terms, func(t FilterTerm) (err error) {
		switch t.Name {
		case "role":
			if t.Not {
				q.NotRoles = append(q.NotRoles, Role(t.Value))
			} else {
				err = once(&q.Role, Role(t.Value), t)
			}
		case "status":
			err = q.narrowStatus(t)
		case "by":
			err = once(&q.InvitedBy, t.Value, t)
		case "seen":
			var p Period
			p, err = ParseWhen("seen", t.Value, now)
			q.SeenSince, q.InactiveSince = later(q.SeenSince, p.From), earlier(q.InactiveSince, p.Until)
		case "joined":
			err = q.Joined.narrow("joined", t.Value, now)
		}
		return err
	})
	return q, err
}

// narrowStatus keeps the query to statuses. With a - in front it is for those who are
// members, in another status.
func (q *MemberQuery) narrowStatus(t FilterTerm) error {
	n, _ := MemberFilter().Name("status")
	named := t.Each(n)
	has := func(s MemberStatus) bool { return slices.Contains(named, string(s)) != t.Not }
	active, suspended, invited := has(MemberActive), has(MemberSuspended), has(MemberInvited) && !t.Not
	if q.Status != "" || q.Invited {
		return Invalid("status", "status is given twice: put commas between several, as in status:active,invited")
	}
	switch {
	case active && !suspended:
		q.Status = MemberActive
	case suspended && !active:
		q.Status = MemberSuspended
	case !active && !suspended && !invited:
		return Invalid("status", "no member has a status but these: %s", t)
	case !active && !suspended:
		q.Status = MemberInvited
	}
	q.Invited = invited
	return nil
}

// InvitationFilter filters invitations.
func InvitationFilter() *Filter {
	return &Filter{Words: "an address or a name", Names: []FilterName{
		{Name: "status", Help: "one or more statuses, with commas between them", Values: names(InvitationStates()), Many: true, Not: true},
		filterRole(false),
		{Name: "by", Help: "part of the inviter's address or name; by:me for your own", Values: []string{"me"}, Complete: "member", Free: true},
		filterWhen("sent", "sent or requested"),
		{Name: "all", Help: "yes for those deleted from the list too", Values: []string{"yes"}},
	}}
}

// Filter narrows the query by a filter.
func (q InvitationQuery) Filter(text string, now time.Time) (InvitationQuery, error) {
	err := InvitationFilter().each(text, &q.Terms, func(t FilterTerm) (err error) {
		switch t.Name {
		case "status":
			err = q.narrowStates(t)
		case "role":
			err = once(&q.Role, Role(t.Value), t)
		case "by":
			if t.Value == "me" {
				q.Own = true
			} else {
				err = once(&q.By, t.Value, t)
			}
		case "sent":
			err = q.Sent.narrow("sent", t.Value, now)
		case "all":
			q.All = true
		}
		return err
	})
	return q, err
}

func (q *InvitationQuery) narrowStates(t FilterTerm) error {
	named := make([]InvitationState, 0, len(t.Value)/4)
	n, _ := InvitationFilter().Name("status")
	for _, v := range t.Each(n) {
		named = append(named, InvitationState(v))
	}
	states := q.States
	if len(states) == 0 {
		states = InvitationStates()
	}
	var left []InvitationState
	for _, s := range states {
		if slices.Contains(named, s) != t.Not {
			left = append(left, s)
		}
	}
	if q.States = left; len(left) == 0 {
		return Invalid("status", "no invitation has all of these statuses: %s", t)
	}
	return nil
}

// AccountFilter filters users.
func AccountFilter() *Filter {
	return &Filter{Words: filterPeople, Names: []FilterName{
		{Name: "role", Help: "owner, admin, member or viewer", Values: names(Roles())},
		{Name: "status", Help: "active or suspended", Values: []string{string(UserActive), string(UserSuspended)}, Not: true},
		{Name: "org", Help: "the code of an organization", Complete: "org", Free: true},
		{Name: "site-admins", Help: "yes for site admins only", Values: []string{"yes"}},
		{Name: "no-organization", Help: "yes for those in no shared organization", Values: []string{"yes"}},
		filterWhen("seen", "last seen"),
	}}
}

// Filter narrows the query by a filter.
func (q AccountQuery) Filter(text string, now time.Time) (AccountQuery, error) {
	err := AccountFilter().each(text, &q.Terms, func(t FilterTerm) (err error) {
		switch t.Name {
		case "role":
			err = once(&q.Role, Role(t.Value), t)
		case "status":
			status := UserStatus(t.Value)
			if t.Not {
				status = map[UserStatus]UserStatus{UserActive: UserSuspended, UserSuspended: UserActive}[status]
			}
			err = once(&q.Status, status, t)
		case "org":
			q.Org = t.Value
		case "site-admins":
			q.SiteAdmins = true
		case "no-organization":
			q.NoOrganization = true
		case "seen":
			err = q.Seen.narrow("seen", t.Value, now)
		}
		return err
	})
	return q, err
}

// OrgFilter filters the list of all organizations.
func OrgFilter() *Filter {
	return &Filter{Words: "a code, a name or a description", Names: []FilterName{
		{Name: "plan", Help: "the name of a plan", Complete: "plan", Free: true},
		{Name: "deleted", Help: "yes for those that can be restored", Values: []string{"yes"}},
	}}
}

// Filter narrows the query by a filter.
func (q OrgQuery) Filter(text string) (OrgQuery, error) {
	err := OrgFilter().each(text, &q.Terms, func(t FilterTerm) (err error) {
		switch t.Name {
		case "plan":
			err = once(&q.Plan, t.Value, t)
		case "deleted":
			q.Deleted = true
		}
		return err
	})
	return q, err
}

// LinkFilter filters join links.
func LinkFilter() *Filter {
	return &Filter{Words: "a label, or the creator's address or name", Names: []FilterName{
		{Name: "active", Help: "yes for links that still work", Values: []string{"yes"}},
	}}
}

// Filter narrows the query by a filter.
func (q LinkQuery) Filter(text string) (LinkQuery, error) {
	err := LinkFilter().each(text, &q.Terms, func(FilterTerm) error { // active has no other beside it
		q.Active = true
		return nil
	})
	return q, err
}

// PeopleFilter filters lists of people by words, NameFilter those of things that
// have a name and a description.
func PeopleFilter() *Filter { return &Filter{Words: filterPeople} }
func NameFilter() *Filter   { return &Filter{Words: filterNames} }

// ParseTerms reads a filter that has words only.
func ParseTerms(f *Filter, text string) (words Terms, err error) {
	err = f.each(text, &words, nil)
	return words, err
}

// AuditFilter filters the audit log.
func AuditFilter() *Filter {
	day := "a day or a time, or 7d for 7 days ago"
	return &Filter{Names: []FilterName{
		{Name: "actor", Help: "the address or id of the actor, or of the person they acted for", Complete: "member", Free: true},
		{Name: "action", Help: "an action, or the part before its dot", Complete: "action", Free: true},
		{Name: "target", Help: "the target's address, code or id", Complete: "member", Free: true},
		{Name: "period", Help: WhenHelp, Values: []string{"1d", "7d", "30d", "90d", ">30d"}, Time: true},
		{Name: "from", Help: day, Free: true, Time: true},
		{Name: "until", Help: day, Free: true, Time: true},
	}}
}

// Filter narrows the query by a filter.
func (q AuditQuery) Filter(text string, now time.Time) (AuditQuery, error) {
	err := AuditFilter().each(text, nil, func(t FilterTerm) (err error) {
		switch t.Name {
		case "actor":
			err = once(&q.Actor, t.Value, t)
		case "action":
			err = once(&q.Action, t.Value, t)
		case "target":
			err = once(&q.Target, t.Value, t)
		case "period":
			p := Period{q.From, q.Until}
			err = p.narrow("period", t.Value, now)
			q.From, q.Until = p.From, p.Until
		case "from", "until":
			var p Period
			if p, err = ParseWhen(t.Name, t.Value, now); err == nil && t.Name == "from" {
				q.From = later(q.From, p.From)
			} else if err == nil {
				q.Until = earlier(q.Until, p.From)
			}
		}
		return err
	})
	return q, err
}

// each reads a filter: its words go to words, and narrow takes each part that has a
// name, until one is refused.
func (f *Filter) each(text string, words *Terms, narrow func(FilterTerm) error) error {
	terms, err := f.Parse(text)
	if err != nil {
		return err
	}
	for _, t := range terms {
		if t.Name == "" {
			words.add(t)
		} else if err := narrow(t); err != nil {
			return err
		}
	}
	return nil
}

// once sets what a filter can ask for only once.
func once[T ~string](field *T, value T, t FilterTerm) error {
	if *field != "" && *field != value {
		return Invalid(t.Name, "%s is given twice: %s and %s", t.Name, clip(SafeText(string(*field)), 20), clip(SafeText(string(value)), 20))
	}
	*field = value
	return nil
}

func (t *Terms) add(term FilterTerm) {
	if term.Not {
		t.Without = append(t.Without, term.Value)
	} else {
		t.With = append(t.With, term.Value)
	}
}

// narrow keeps a period to what is in another one as well.
func (p *Period) narrow(field, text string, now time.Time) error {
	other, err := ParseWhen(field, text, now)
	p.From, p.Until = later(p.From, other.From), earlier(p.Until, other.Until)
	return err
}

// later and earlier are the tighter of two bounds, of which each may be none.
func later(a, b time.Time) time.Time {
	if a.Before(b) {
		return b
	}
	return a
}

func earlier(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}
