package shell

import (
	"muster/models"
)

// nominations is how many organizations are offered to the person.
func nominations(orgs []models.OrgEntry) (n int) {
	for _, o := range orgs {
		if o.NominationID != "" {
			n++
		}
	}
	return n
}
