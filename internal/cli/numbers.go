package cli

import (
	"context"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"muster/internal/output"
	"muster/models"
)

func (c *cli) inviteStats() *cobra.Command {
	var period, from, until string
	cmd := &cobra.Command{
		Use:   "stats",
		Short: "show how many invitations were sent and accepted",
		Long: `Show how many invitations were sent in each day, week or month and what became of
them, for owners and admins. An invitation counts in the period in which it was
sent, or approved; the time to accept is the median, to two digits.`,
		Example: "muster invite stats --period month --from 2026-01-01",
		Args:    takes(),
	}
	f := cmd.Flags()
	f.StringVar(&period, "period", string(models.PeriodWeek), "day, week or month")
	f.StringVar(&from, "from", "", "from this date on: 2026-08-01, or 30d for 30 days back (default: twelve periods back)")
	f.StringVar(&until, "until", "", "before this date (default: all up to now)")
	cmd.RunE = action(func(ctx context.Context, _ []string) (err error) {
		var q models.StatsQuery
		if q.Period, err = models.ParsePeriod("period", period); err != nil {
			return err
		}
		if q.From, err = c.parseTime("from", from); err != nil {
			return err
		}
		if q.Until, err = c.parseTime("until", until); err != nil {
			return err
		}
		s, a, org, err := c.inOrg(ctx)
		if err != nil {
			return err
		}
		r, err := s.InvitationStats(ctx, a, org.ID, q)
		if err != nil {
			return err
		}
		return c.emit(struct {
			models.StatsReport
			Next string `json:"next"`
		}{r, ""}, func() error {
			var rows [][]string
			for _, x := range r.Items {
				rows = append(rows, statsRow(x.From.Format(time.DateOnly), x))
			}
			rows = append(rows, statsRow("all", r.Total))
			return output.Table(c.env.Out, []string{strings.ToUpper(string(r.Period)) + " FROM", "SENT", "ACCEPTED", "RATE", "MEDIAN TIME", "DECLINED", "EXPIRED", "REVOKED", "PENDING"}, rows)
		})
	})
	return cmd
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

func (c *cli) orgOverview() *cobra.Command {
	var days int
	cmd := &cobra.Command{
		Use:   "overview",
		Short: "show the organization in numbers",
		Long: `Show the organization in numbers, for everybody in it: seats, members by role,
invitations, and what was done on each of the last days.`,
		Example: "muster org overview --days 90",
		Args:    takes(),
	}
	cmd.Flags().IntVar(&days, "days", models.DefaultOverviewDays, fmt.Sprintf("how many days back, today included: %d to %d", models.MinOverviewDays, models.MaxOverviewDays))
	cmd.RunE = action(func(ctx context.Context, _ []string) error {
		if days == 0 {
			days = -1 // 0 stands for the default, which nobody asks for with --days 0
		}
		s, a, org, err := c.inOrg(ctx)
		if err != nil {
			return err
		}
		v, err := s.Overview(ctx, a, org.ID, days)
		if err != nil {
			return err
		}
		return c.emit(struct {
			ID string `json:"id"`
			models.Overview
		}{org.ID, v}, func() error { return c.sayOverview(v) })
	})
	return cmd
}

func (c *cli) sayOverview(v models.Overview) error {
	seats := strconv.Itoa(v.Seats.Used)
	if v.Seats.Max > 0 {
		seats += fmt.Sprintf(" of %d", v.Seats.Max)
	}
	var roles []string
	for _, r := range models.Roles() {
		roles = append(roles, fmt.Sprintf("%s %d", r, v.Members.ByRole[r]))
	}
	facts := []string{"seats", seats, "members", fmt.Sprintf("%d active, %d suspended", v.Members.Active, v.Members.Suspended), "roles", strings.Join(roles, ", ")}
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
	return output.Table(c.env.Out, []string{"DAY", "CHANGES", "JOINED", "INVITED", ""}, rows)
}

// bar draws a number in relation to the largest one; what is not 0 shows.
func bar(n, most int) string {
	const width = 30
	return strings.Repeat("▇", (n*width+most-1)/most)
}
