package op

import (
	"context"
	"encoding/json"

	"muster/internal/webhook"
	"muster/models"
)

func eventRows() []*Row {
	return []*Row{
		row(Def[eventListIn, List[AuditEntry]]{
			Name: "event.list", Does: "list what happened since an event, oldest first", Command: "events list",
			Long: `List the entries of the organization's audit log in the order in which they came
about, from the one behind --after on: a program that keeps the number of the last one
misses none. Owners and admins see all, others their own actions.`,
			Example: "muster events list --after 120\nmuster events list --limit 200 --json",
			Needs:   Audit, Also: "others see their own actions", Route: "GET /v1/orgs/{org}/events/page",
			Check: func(in eventListIn) error { _, err := seqOf(in.After); return err },
			Run: func(ctx context.Context, d Deps, a models.Actor, in eventListIn) (List[AuditEntry], error) {
				q := models.EventQuery{Limit: in.Limit}
				after, err := seqOf(in.After)
				if err != nil {
					return List[AuditEntry]{}, err
				}
				if after != nil {
					q.After = *after
				}
				page, err := d.Store.ListEvents(ctx, a, in.Org, q)
				entries := make([]AuditEntry, len(page.Items))
				for i, e := range page.Items {
					entries[i] = entryOf(e)
				}
				return listOf(entries, page.Next), err
			},
		}),
		row(Def[eventFollowIn, Events]{
			Name: "event.follow", Does: "write each event as it comes", Command: "events follow",
			Long: `Write each entry of the organization's audit log as it comes, as a line of JSON. With
--after it begins with what followed that event, and otherwise with the next one. It
goes on until you end it (Ctrl-C), or until you may not read the log any more. Owners
and admins see all, others their own actions.`,
			Example: "muster events follow\nmuster events follow --after 120",
			Needs:   Audit, Also: "others see their own actions", Route: "GET /v1/orgs/{org}/events",
			Check: func(in eventFollowIn) error { _, err := seqOf(in.After); return err },
			Run: func(ctx context.Context, d Deps, a models.Actor, in eventFollowIn) (Events, error) {
				after, err := seqOf(in.After)
				if err != nil {
					return Events{}, err
				}
				return Events{func(write func(AuditEntry) error, idle func() error) error {
					return d.Store.FollowEvents(ctx, a, in.Org, after, func(e models.AuditEntry) error { return write(entryOf(e)) }, idle)
				}}, nil
			},
		}),
	}
}

type eventListIn struct {
	inOrg
	Limit int    `flag:"limit" query:"limit" help:"maximum number, {page}"`
	After string `flag:"after" query:"after" help:"number of the last event that is known"`
}

type eventFollowIn struct {
	inOrg
	After string `flag:"after" query:"after" help:"number of the last event that is known (default: the newest)"`
}

// seqOf reads the number of an event, nil where none is given.
func seqOf(s string) (*int64, error) {
	if s == "" {
		return nil, nil
	}
	n, err := models.ParseSeq("after", s)
	return &n, err
}

// Events is an answer that goes on until its reader leaves, or may not read on.
// write is given each event. idle is called at the beginning, and from time to time
// where none comes.
type Events struct {
	Follow func(write func(AuditEntry) error, idle func() error) error
}

// EventBody is an event as it is sent to a webhook: as a line of events follow has
// it. One that would be too large is without its values before and after, which the
// receiver can ask for by its number.
func EventBody(e models.AuditEntry) []byte {
	body, err := json.Marshal(entryOf(e))
	if err != nil || len(body) > webhook.MaxBody {
		e.Before, e.After = "", ""
		body, _ = json.Marshal(entryOf(e)) // only texts and numbers are left
	}
	return body
}
