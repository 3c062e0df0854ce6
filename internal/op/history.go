package op

import (
	"context"

	"muster/models"
)

// historyRows undo and redo what somebody changed in an organization, in the app
// or by a command.
func historyRows() []*Row {
	return []*Row{
		row(Def[inOrg, List[models.HistoryEntry]]{
			Name: "history.list", Does: "list your own changes that can be undone or redone", Command: "history",
			Long: `List your own changes in the organization that ` + "`undo`" + ` can still undo,
newest first, and those that ` + "`redo`" + ` can redo, whether they were made in the app
or by a command.`,
			Example: "muster history\nmuster history --json",
			Also:    "their own changes", Route: "GET /v1/orgs/{org}/history",
			Run: func(ctx context.Context, d Deps, a models.Actor, in inOrg) (List[models.HistoryEntry], error) {
				return whole(d.Store.History(ctx, a, in.Org))
			},
		}),
		row(Def[historyIn, models.HistoryEntry]{
			Name: "history.undo", Owner: true, Does: "undo your last change", Command: "undo",
			Long: `Undo your last change in the organization: roles, suspensions, end dates, settings,
plans, names and workspace roles within an hour, decisions within 10 seconds. With an
ENTRY of ` + "`history`" + ` it is refused unless that is the last one. It is also refused when
somebody else has changed the same thing since.`,
			Example: "muster undo\nmuster undo 6",
			Also:    "what they may change", Route: "POST /v1/orgs/{org}/undo", Changes: true,
			Run: func(ctx context.Context, d Deps, a models.Actor, in historyIn) (models.HistoryEntry, error) {
				return d.Store.Undo(ctx, a, in.Org, in.Entry)
			},
		}),
		row(Def[historyIn, models.HistoryEntry]{
			Name: "history.redo", Owner: true, Does: "redo what you undid last", Command: "redo",
			Long:    "Redo what was undone last, unless you have changed something else since.",
			Example: "muster redo",
			Also:    "what they may change", Route: "POST /v1/orgs/{org}/redo", Changes: true,
			Run: func(ctx context.Context, d Deps, a models.Actor, in historyIn) (models.HistoryEntry, error) {
				return d.Store.Redo(ctx, a, in.Org, in.Entry)
			},
		}),
	}
}

type historyIn struct {
	inOrg
	Entry string `arg:"[ENTRY]" body:"entry"`
}
