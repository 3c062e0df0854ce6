package store

import (
	"cmp"
	"context"
	"fmt"
	"net/netip"

	"muster/models"
)

// maxRequestsOpen is how many requests to join may wait in one organization:
// those of people with a verified address, and as many of everybody else.
const maxRequestsOpen = 200

// applicant is who asks to join, as far as no account says it.
type applicant struct {
	key    string // fingerprint of a stranger's
	source string // the network, where no verified address stands behind it
}

// network is what people who cannot be told apart otherwise are counted by: an
// IPv4 address or an IPv6 /64.
func network(address string) string {
	a, err := netip.ParseAddr(address)
	if err != nil {
		return cmp.Or(address, "local")
	}
	a = a.Unmap().WithZone("")
	bits := 32
	if a.Is6() {
		bits = 64
	}
	return netip.PrefixFrom(a, bits).Masked().String()
}

// makeRoom lets another request to join wait. Who has a verified address is told
// where too many do. Everybody else is told nothing, so that theirs is never
// dropped: of the network that has most waiting, the oldest gives way, by which a
// flood displaces itself.
func (t *tx) makeRoom(ctx context.Context, o *org, source string) error {
	if source == "" {
		var n int
		err := t.row(ctx, `SELECT count(*) FROM (SELECT 1 FROM invitations WHERE org_id = $1 AND state_order = `+stateRequested+`
			AND origin = $2 AND source = '' AND returned_at = 0 LIMIT $3) AS waiting`, o.ID, string(models.OriginJoin), maxRequestsOpen).Scan(&n)
		if err == nil && n >= maxRequestsOpen {
			err = models.Errorf(models.CodeLimit, "too many requests are waiting there").WithHint("try again once some of them are decided")
		}
		return err
	}
	waiting, err := collect(ctx, t, func(r scanner) (w [2]string, err error) { return w, r.Scan(&w[0], &w[1]) },
		"SELECT id, source FROM invitations WHERE org_id = $1 AND state_order = "+stateRequested+" AND source <> '' AND returned_at = 0 ORDER BY list_at, id", o.ID)
	if err != nil || len(waiting) < maxRequestsOpen {
		return err
	}
	of := map[string]int{source: 1} // the new one counts
	for _, w := range waiting {
		of[w[1]]++
	}
	first := waiting[0]
	for _, w := range waiting {
		if of[w[1]] > of[first[1]] {
			first = w
		}
	}
	return t.bySystem("invitation.withdraw", func(t *tx) error { return t.giveWay(ctx, o, first[0], of[first[1]]) })
}

// giveWay closes a request to join for want of room.
func (t *tx) giveWay(ctx context.Context, o *org, id string, same int) error {
	before, err := t.invitationByID(ctx, o.ID, id)
	if err != nil {
		return err
	}
	v := before
	if err := t.close(ctx, &v, models.StateWithdrawn); err != nil {
		return err
	}
	v.Reason = fmt.Sprintf("it made room for others: %d requests were waiting", maxRequestsOpen)
	if same > 1 {
		v.Reason += fmt.Sprintf(", %d of them from the same network", same)
	}
	return t.saveInvitation(ctx, o, "invitation.withdraw", before, v)
}
