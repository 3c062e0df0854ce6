package cli

import (
	"slices"
	"strconv"
	"strings"

	"muster/models"
)

// importTable lists what came of the rows: of a dry run every row, with whom it
// would invite as what and into which workspaces, so that nothing is sent
// unseen; else those that need a look. Columns without a cell are left out.
func importTable(r models.ImportReport) (headers []string, rows [][]string) {
	headers = []string{"LINE", "EMAIL", "NAME", "RESULT", "ROLE", "WORKSPACES", "WHY"}
	for _, x := range r.Results {
		if x.Status == models.ImportDone && !r.DryRun {
			continue
		}
		result, role, why := string(x.Status), "", ""
		switch {
		case x.Err != nil:
			why = x.Err.Error()
		case x.State == models.StateRequested:
			result, role = "propose", x.Label()
		default:
			result, role = "invite", x.Label()
		}
		var into []string
		for _, p := range x.Workspaces {
			into = append(into, p.Name+" ("+p.Given().Label()+")")
		}
		name := x.Name
		if !r.DryRun {
			name = ""
		}
		rows = append(rows, []string{strconv.Itoa(x.Line), x.Email, name, result, role, strings.Join(into, ", "), why})
	}
	for i := len(headers) - 1; i >= 0; i-- {
		if !slices.ContainsFunc(rows, func(row []string) bool { return row[i] != "" }) {
			headers = slices.Delete(headers, i, i+1)
			for j := range rows {
				rows[j] = slices.Delete(rows[j], i, i+1)
			}
		}
	}
	return headers, rows
}
