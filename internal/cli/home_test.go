package cli

import (
	"encoding/json"
	"maps"
	"slices"
	"testing"

	"muster/internal/op"
)

// TestChangesAnswerWithTheirOrganization runs what changes something as the owner
// of ACME, and holds that each answer names ACME, beside what it held before.
func TestChangesAnswerWithTheirOrganization(t *testing.T) {
	rows := outsiderRows()
	named := 0
	for _, name := range slices.Sorted(maps.Keys(rows)) {
		r := op.Find(name)
		if r == nil || !r.Changes || !r.InOrganization() || name == "audit.export" || name == "organization.create" || name == "organization.upgrade" || name == "organization.restore" {
			continue
		}
		h := newStrangersHouse(t)
		owner := h.owner
		for _, l := range rows[name].lines {
			args, _ := filled(l, h.real)
			args = append(args, "--org", "ACME", "--json")
			got := h.run(owner, rows[name].in, "", args...)
			if got.status != 0 {
				continue
			}
			var answer struct {
				ID           string `json:"id"`
				Organization struct{ ID, Code string }
				Items        []json.RawMessage
			}
			if err := json.Unmarshal([]byte(got.out), &answer); err != nil {
				t.Fatalf("%q: %v: %s", l, err, got.out)
			}
			if answer.Organization.ID != h.real["organization"] || answer.Organization.Code != "ACME" || answer.ID == "" && answer.Items == nil {
				t.Errorf("%q answers %s", l, got.out)
			}
			named++
			break
		}
	}
	if named < 20 {
		t.Errorf("only %d changes were made", named)
	}
}
