package cli

import (
	"context"
	"reflect"

	"github.com/spf13/cobra"

	"muster/internal/op"
	"muster/models"
)

// everything is the option that pages through a list. Where an operation has an
// option of this name for something else, it does both.
const everything = "all"

// pageable tells whether an operation gives a list in pages.
func pageable(r *op.Row) bool {
	f, ok := r.Field("After")
	_, list := listItems(r.Out)
	return ok && list && f.Flag == "after"
}

// addAll gives a command that lists in pages the option --all.
func addAll(cmd *cobra.Command, rows []*op.Row) {
	for _, r := range rows {
		if pageable(r) && cmd.Flags().Lookup(everything) == nil {
			cmd.Flags().Bool(everything, false, "everything, not only the first page")
		}
	}
}

// callPages runs an operation: once, or until the last page of its list.
func (c *cli) callPages(ctx context.Context, cmd *cobra.Command, r *op.Row, in any) (any, error) {
	if !on(cmd, everything) || !pageable(r) {
		return c.call(ctx, r, in)
	}
	if cmd.Flags().Changed("limit") || cmd.Flags().Changed("after") {
		for _, f := range r.Fields {
			if r.Switch == everything || f.Flag == everything {
				return c.call(ctx, r, in) // it says what is in the list, a page of which is wanted
			}
		}
		return nil, usage("--all goes with neither --limit nor --after")
	}
	after, _ := r.Field("After")
	if limit, ok := r.Field("Limit"); ok {
		limit.Of(in).SetInt(models.MaxLimit)
	}
	whole := reflect.New(r.Out).Elem()
	items := whole.FieldByName("Items")
	items.Set(reflect.MakeSlice(items.Type(), 0, 0))
	for {
		out, err := c.call(ctx, r, in)
		if err != nil {
			return nil, err
		}
		page := reflect.ValueOf(out)
		items.Set(reflect.AppendSlice(items, page.FieldByName("Items")))
		next := page.FieldByName("Next").String()
		if next == "" {
			return whole.Interface(), nil
		}
		after.Set(in, next)
	}
}
