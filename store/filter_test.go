package store_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"muster/models"
)

// Every filter gives the rows that fit, in every order, whichever way the list is
// read; and the last page is the one that reading forward ends with.
func TestFiltersGiveWhatFits(t *testing.T) {
	w, g := crowd(t, 400)
	now := time.Now()
	all := must[models.Page[models.Member]](t)(w.s.ListMembers(w.ctx, g.owner, g.org, models.MemberQuery{Limit: models.MaxLimit})).Items
	text := func(m models.Member) string { return models.NormText(m.Email + " " + m.Name + " " + m.Handle) }
	name := strings.Fields(text(all[7]))[1]
	for filter, fits := range map[string]func(models.Member) bool{
		name + " @": func(m models.Member) bool { return strings.Contains(text(m), name) && strings.Contains(text(m), "@") },
		"-" + name:  func(m models.Member) bool { return !strings.Contains(text(m), name) },
		"-1 -2 example": func(m models.Member) bool {
			return !strings.ContainsAny(text(m), "12") && strings.Contains(text(m), "example")
		},
		"-role:viewer -role:owner": func(m models.Member) bool { return m.Role != models.RoleViewer && m.Role != models.RoleOwner },
		"role:admin -status:active": func(m models.Member) bool {
			return m.Role == models.RoleAdmin && m.Status == models.MemberSuspended
		},
		"seen:<90d":   func(m models.Member) bool { return m.LastSeenAt != nil && m.LastSeenAt.After(now.AddDate(0, 0, -90)) },
		"joined:>30d": func(m models.Member) bool { return m.JoinedAt.Before(now.AddDate(0, 0, -30)) },
		"by:nobody":   func(m models.Member) bool { return strings.Contains(m.InvitedBy, "nobody") },
	} {
		var want []string
		for _, m := range all {
			if fits(m) {
				want = append(want, m.ID)
			}
		}
		slices.Sort(want)
		for _, sort := range models.MemberSorts() {
			for _, reverse := range []bool{false, true} {
				q, err := models.MemberQuery{Sort: sort, Reverse: reverse, Limit: 17}.Filter(filter, now)
				if err != nil {
					t.Fatal(err)
				}
				got, back := walkBoth(t, func(after, before string) (models.Page[models.Member], error) {
					q.After, q.Before = after, before
					p, err := w.s.ListMembers(w.ctx, g.owner, g.org, q)
					if p.Matches >= 0 && p.Matches != min(len(want), models.MatchesCap+1) {
						t.Errorf("%s: %d match, want %d", filter, p.Matches, len(want))
					}
					return p, err
				}, func(m models.Member) string { return m.ID })
				if !slices.Equal(got, back) {
					t.Errorf("%s by %s: other rows on the way back", filter, sort)
				}
				q.After, q.Before = "", models.LastPage
				last := must[models.Page[models.Member]](t)(w.s.ListMembers(w.ctx, g.owner, g.org, q))
				for i, m := range last.Items {
					if m.ID != got[len(got)-len(last.Items)+i] {
						t.Fatalf("%s by %s: the last page is another", filter, sort)
					}
				}
				if len(last.Items) != min(17, len(got)) || last.Next != "" || (last.Prev == "") != (len(got) <= 17) {
					t.Errorf("%s by %s: the last page has %d rows, next %q, prev %q", filter, sort, len(last.Items), last.Next, last.Prev)
				}
				slices.Sort(got)
				if !slices.Equal(got, want) {
					t.Errorf("%s by %s: %d rows, want %d", filter, sort, len(got), len(want))
				}
			}
		}
	}
}

// Invitations are filtered and sorted likewise, also those that ran out and are
// not yet written down as expired.
func TestInvitationFiltersAndOrders(t *testing.T) {
	w, g := crowd(t, 300)
	w.exec("UPDATE invitations SET expires_at = 1000000 + num WHERE state_order = 2 AND num % 3 = 0")
	now := time.Now()
	list := func(q models.InvitationQuery) (got, back []string, rows map[string]models.Invitation) {
		rows = map[string]models.Invitation{}
		q.Limit = 13
		got, back = walkBoth(t, func(after, before string) (models.Page[models.Invitation], error) {
			q.After, q.Before = after, before
			return w.s.ListInvitations(w.ctx, g.owner, g.org, q)
		}, func(i models.Invitation) string { rows[i.ID] = i; return i.ID })
		return got, back, rows
	}
	_, _, all := list(models.InvitationQuery{})
	for filter, fits := range map[string]func(models.Invitation) bool{
		"":               func(models.Invitation) bool { return true },
		"status:expired": func(i models.Invitation) bool { return i.State == models.StateExpired },
		"status:pending,requested": func(i models.Invitation) bool {
			return i.State == models.StatePending || i.State == models.StateRequested
		},
		"-status:accepted role:member": func(i models.Invitation) bool { return i.State != models.StateAccepted && i.Role == models.RoleMember },
		"-3 sent:>1d": func(i models.Invitation) bool {
			return !strings.Contains(models.NormText(i.Email+" "+i.Name), "3") && i.CreatedAt.Before(now.AddDate(0, 0, -1))
		},
		"by:ada": func(i models.Invitation) bool {
			return strings.Contains(models.NormText(i.InviterEmail+" "+i.InviterName), "ada")
		},
	} {
		var want []string
		for _, i := range all {
			if fits(i) {
				want = append(want, i.ID)
			}
		}
		slices.Sort(want)
		for _, sort := range []models.InvitationSort{"", models.InvitationsByEmail, models.InvitationsBySent, models.InvitationsByExpires} {
			for _, reverse := range []bool{false, true} {
				q, err := models.InvitationQuery{Sort: sort, Reverse: reverse}.Filter(filter, now)
				if err != nil {
					t.Fatal(err)
				}
				got, back, rows := list(q)
				if !slices.Equal(got, back) {
					t.Errorf("%q by %q: other rows on the way back", filter, sort)
				}
				sorted := slices.IsSortedFunc(got, func(a, b string) int {
					d := map[models.InvitationSort]int{
						models.InvitationsByEmail:   strings.Compare(rows[a].Email, rows[b].Email),
						models.InvitationsBySent:    rows[b].CreatedAt.Compare(rows[a].CreatedAt),
						models.InvitationsByExpires: expiry(rows[b]).Compare(expiry(rows[a])),
						"":                          rows[a].State.Rank() - rows[b].State.Rank(),
					}[sort]
					if reverse {
						return -d
					}
					return d
				})
				if !sorted {
					t.Errorf("%q by %q (reverse %v) is not in order", filter, sort, reverse)
				}
				q.Limit, q.Before = 13, models.LastPage
				last := must[models.Page[models.Invitation]](t)(w.s.ListInvitations(w.ctx, g.owner, g.org, q))
				if n := len(last.Items); n > 0 && last.Items[n-1].ID != got[len(got)-1] || last.Next != "" || n != min(13, len(got)) {
					t.Errorf("%q by %q: the last page ends elsewhere", filter, sort)
				}
				slices.Sort(got)
				if !slices.Equal(got, want) {
					t.Errorf("%q by %q: %d rows, want %d", filter, sort, len(got), len(want))
				}
			}
		}
	}
}

func expiry(i models.Invitation) (t time.Time) {
	if i.ExpiresAt != nil {
		t = *i.ExpiresAt
	}
	return t
}

// The other lists take words in any order, and what must not be there.
func TestOtherListsFilter(t *testing.T) {
	w, g := crowd(t, 300)
	counts := func(filter string) (users, orgs int) {
		uq, err := models.AccountQuery{Limit: models.MaxLimit}.Filter(filter, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		return len(must[models.Page[models.Account]](t)(w.s.Users(w.ctx, g.owner, uq)).Items), 0
	}
	all, _ := counts("")
	with, _ := counts("1 @")
	without, _ := counts("-1 @")
	if all != with+without || with == 0 || without == 0 {
		t.Errorf("%d users, %d with a word and %d without", all, with, without)
	}
}

// TestLinksFilterByUnicode holds that the words of a filter find what a search
// finds, whatever the letters.
func TestLinksFilterByUnicode(t *testing.T) {
	w := newWorld(t)
	ada := w.ada()
	acme := w.acme(ada)
	if _, err := w.s.CreateLink(w.ctx, ada, acme.ID, models.NewLink{Label: "ÉCOLE d'été"}); err != nil {
		t.Fatal(err)
	}
	found := func(q models.LinkQuery) int {
		return len(must[models.Page[models.JoinLink]](t)(w.s.ListLinks(w.ctx, ada, acme.ID, q)).Items)
	}
	for filter, want := range map[string]int{"école": 1, "ÉCOLE": 1, "été école": 1, "-école": 0, "école -été": 0, "-lycée": 1} {
		q, err := models.LinkQuery{}.Filter(filter)
		if err != nil {
			t.Fatal(err)
		}
		if n := found(q); n != want {
			t.Errorf("%s finds %d, want %d", filter, n, want)
		}
	}
	if n := found(models.LinkQuery{Search: "École"}); n != 1 {
		t.Errorf("a search finds %d", n)
	}
}
