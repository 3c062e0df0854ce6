package cli

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"muster/internal/op"
	"muster/models"
)

func numberWords() map[string]words {
	return map[string]words{
		"invitation.stats": shows(func(c *cli, r op.Stats) error {
			var rows [][]string
			for _, x := range r.Items {
				rows = append(rows, statsRow(x.From.Format(time.DateOnly), x))
			}
			rows = append(rows, statsRow("all", r.Total))
			return c.printer().Table([]string{strings.ToUpper(string(r.Period)) + " FROM", "SENT", "ACCEPTED", "RATE", "MEDIAN TIME", "DECLINED", "EXPIRED", "REVOKED", "PENDING"}, rows)
		}),
		"organization.overview": shows((*cli).sayOverview),
	}
}

func statsRow(name string, x models.InvitationStats) []string {
	rate, wait := "", ""
	if x.Rate != nil {
		rate = percent(*x.Rate)
	}
	if x.MedianWait != nil {
		wait = span(time.Duration(*x.MedianWait) * time.Second)
	}
	n := strconv.Itoa
	return []string{name, n(x.Sent), n(x.Accepted), rate, wait, n(x.Declined), n(x.Expired), n(x.Revoked), n(x.Pending)}
}

func percent(r float64) string { return strconv.Itoa(int(math.Round(100*r))) + "%" }

// span is a length of time in its largest unit of which there are two.
func span(d time.Duration) string {
	switch {
	case d >= 48*time.Hour:
		return fmt.Sprintf("%d days", d/(24*time.Hour))
	case d >= 2*time.Hour:
		return fmt.Sprintf("%d hours", d/time.Hour)
	case d >= 2*time.Minute:
		return fmt.Sprintf("%d minutes", d/time.Minute)
	}
	return count(int(d/time.Second), "second", "seconds")
}

func (c *cli) sayOverview(v op.Overview) error {
	var roles []string
	for _, r := range models.Roles() {
		roles = append(roles, fmt.Sprintf("%s %d", r, v.Members.ByRole[r]))
	}
	facts := []string{"seats", outOf(v.Seats.Used, v.Seats.Max), "members", fmt.Sprintf("%d active, %d suspended", v.Members.Active, v.Members.Suspended), "roles", strings.Join(roles, ", ")}
	if x := v.Invitations; x != nil {
		facts = append(facts, "invitations", fmt.Sprintf("%d requested, %d pending, %d expired", v.Requested, v.Pending, v.Expired),
			fmt.Sprintf("last %d days", len(v.Days)), fmt.Sprintf("%d sent, %d accepted", x.Sent, x.Accepted))
		if x.Rate != nil {
			facts = append(facts, "accepted", percent(*x.Rate))
		}
		if x.MedianWait != nil {
			facts = append(facts, "time to accept", span(time.Duration(*x.MedianWait)*time.Second)+" (median)")
		}
	}
	if err := c.facts(facts...); err != nil {
		return err
	}
	most := 1
	for _, d := range v.Days {
		most = max(most, d.Changes)
	}
	rows := make([][]string, len(v.Days))
	for i, d := range v.Days {
		rows[i] = []string{d.Date, strconv.Itoa(d.Changes), strconv.Itoa(d.Joined), strconv.Itoa(d.Invited), bar(d.Changes, most)}
	}
	if err := c.say(""); err != nil {
		return err
	}
	return c.printer().Table([]string{"DAY", "CHANGES", "JOINED", "INVITED", ""}, rows)
}

// bar draws a number in relation to the largest one; what is not 0 shows.
func bar(n, most int) string {
	const width = 30
	return strings.Repeat("▇", (n*width+most-1)/most)
}
