package overview

import (
	"context"
	"math"
	"strconv"
	"time"

	tea "charm.land/bubbletea/v2"

	"muster/models"
	"muster/tui/host"
	"muster/tui/keys"
	"muster/tui/kit"
	"muster/tui/theme"
	"muster/tui/ui"
)

const scopeOverview keys.Scope = "overview"

// Pane is the organization in numbers, for everybody in it.
type Pane struct {
	days    int
	request int
	since   time.Time // loading since
	loaded  bool
	numbers models.Overview
	stats   []models.InvitationStats // by week or day, for who may decide
	period  models.StatsPeriod       // of stats
	failure *models.Error
}

type overviewMsg struct {
	request int
	numbers models.Overview
	stats   models.StatsReport
	err     error
}

func New() *Pane { return &Pane{days: models.DefaultOverviewDays} }

func (p *Pane) ID() host.PaneID { return host.Overview }

func (p *Pane) Title() string { return "Overview" }

func (p *Pane) Scope() keys.Scope { return scopeOverview }

func (p *Pane) Count(host.Host) string { return "" }

func (p *Pane) Status(host.Host) string { return "last " + strconv.Itoa(p.days) + " days" }

func (p *Pane) Fresh() {
	p.request++
	p.loaded, p.failure, p.since = false, nil, time.Time{}
}

func (p *Pane) Load(h host.Host) tea.Cmd {
	p.request++
	msg := overviewMsg{request: p.request}
	st, actor, org, parent, days := h.Store, h.Actor, h.Org.ID, h.Context, p.days
	decides := h.Access.Require(models.PermDecide) == nil
	q := models.StatsQuery{Period: models.PeriodWeek, From: h.Now.AddDate(0, 0, 1-days)}
	if days == 7 {
		q.Period = models.PeriodDay
	}
	ask := func() tea.Msg {
		ctx, cancel := context.WithTimeout(parent, host.AskTimeout)
		defer cancel()
		if msg.numbers, msg.err = st.Overview(ctx, actor, org, days); msg.err == nil && decides {
			msg.stats, msg.err = st.InvitationStats(ctx, actor, org, q)
		}
		return msg
	}
	if p.loaded {
		return ask
	}
	if p.since.IsZero() {
		p.since = h.Now
	}
	return tea.Batch(ask, h.WakeAt(h.Now.Add(ui.LoadingAfter)))
}

func (p *Pane) Answer(h host.Host, msg tea.Msg) (tea.Cmd, bool) {
	m, ok := msg.(overviewMsg)
	if !ok {
		return nil, false
	}
	switch {
	case m.request != p.request:
	case m.err != nil && p.loaded:
		return h.Complain(m.err), true // old numbers are better than none
	case m.err != nil:
		p.failure = models.AsError(m.err)
	default:
		p.loaded, p.failure, p.since = true, nil, time.Time{}
		p.numbers, p.stats, p.period = m.numbers, m.stats.Items, m.stats.Period
	}
	return nil, true
}

func (p *Pane) switchPeriod(h host.Host) tea.Cmd {
	p.days = kit.NextPeriod(p.days)
	return p.Load(h)
}

// ---- drawing

// twoColumns is the width from which facts about members and invitations stand
// beside each other.
const twoColumns = 64

func (p *Pane) Draw(h host.Host, r ui.Region, _ bool) {
	r = r.Inset(1, 0)
	switch {
	case p.failure != nil:
		text, style := "✗ "+kit.Sentence(p.failure)+" · press R to try again", theme.Danger
		if p.failure.Code == models.CodeDenied || p.failure.Code == models.CodeNotFound {
			text, style = "– "+kit.Reason(p.failure), theme.Text
		}
		for y, line := range ui.Wrap(text, r.W) {
			r.Text(0, y, line, style)
		}
		return
	case !p.loaded:
		if !p.since.IsZero() && h.Now.Sub(p.since) >= ui.LoadingAfter {
			r.Text(0, 0, "loading …", theme.Muted)
		}
		return
	}
	y := 0
	if r.W >= twoColumns {
		half := r.W / 2
		y = max(p.drawMembers(r.Sub(0, 0, half-1, r.H)), p.drawInvitations(r.Sub(half+1, 0, r.W-half-1, r.H)))
	} else {
		y = p.drawMembers(r)
		y += 1 + p.drawInvitations(r.Sub(0, y+1, r.W, r.H-y-1))
	}
	p.drawActivity(h, r.Sub(0, y+1, r.W, r.H-y-1))
}

// Numbers end below each other: those of the first facts of a line at numberEnd, those
// of the second ones at secondEnd. Behind numberEnd there is room for a bar.
const (
	numberEnd  = 18
	barFrom    = numberEnd + 2
	secondFrom = barFrom
	secondEnd  = 36
	longestBar = 24
)

// roleBars are the fillings of the bars of roles, by rank: they differ without
// colours, too.
var roleBars = [...]rune{'█', '▓', '▒', '░'}

// drawMembers shows seats and roles, and gives the lines that took.
func (p *Pane) drawMembers(r ui.Region) int {
	n := &p.numbers
	r.Text(0, 0, "SEATS", theme.Header)
	meter := min(r.W-barFrom-2, longestBar)
	seats, style := ui.Count(n.Seats.Used, false)+" used, no limit", theme.Text
	if n.Seats.Max > 0 {
		seats = ui.Count(n.Seats.Used, false) + " of " + ui.Count(n.Seats.Max, false)
		bar := theme.OK
		if n.Seats.Used >= n.Seats.Max {
			seats, style, bar = "! "+seats, theme.Warn, theme.Warn
		}
		r.Meter(barFrom, 1, meter, n.Seats.Used, n.Seats.Max, bar)
		r.Right(numberEnd, 1, seats, style)
	} else {
		r.Text(0, 1, seats, style)
	}
	r.Text(0, 3, "MEMBERS", theme.Header)
	active := ui.Count(n.Members.Active, false) + " active"
	if n.Members.Suspended > 0 {
		active += ", " + ui.Count(n.Members.Suspended, false) + " suspended"
	}
	r.Text(0, 4, active, theme.Text)
	for i, role := range models.Roles() {
		r.Text(0, 5+i, string(role), theme.Text)
		r.Right(numberEnd, 5+i, ui.Count(n.Members.ByRole[role], false), theme.Text|theme.Bold)
		if n.Members.ByRole[role] > 0 {
			r.HLine(barFrom, 5+i, max(meter*n.Members.ByRole[role]/max(n.Members.Active, 1), 1), roleBars[i%len(roleBars)], theme.Accent&^theme.Bold)
		}
	}
	return 5 + len(models.Roles())
}

// fact is a number with its name.
type fact struct {
	name, number string
	style        theme.Style
}

// drawFacts writes facts from a line on, two in a line where there is room, and
// gives the line after them.
func drawFacts(r ui.Region, y int, facts []fact) int {
	for i, f := range facts {
		from, end := 0, numberEnd
		if r.W >= secondEnd && i%2 == 1 {
			from, end = secondFrom, secondEnd
		} else if i > 0 {
			y++
		}
		r.TextN(from, y, end-from-ui.Width(f.number)-1, f.name, f.style)
		r.Right(end, y, f.number, f.style)
	}
	return y + 1
}

func (p *Pane) drawInvitations(r ui.Region) int {
	n := &p.numbers
	count := func(n int) string { return ui.Count(n, false) }
	r.Text(0, 0, "INVITATIONS", theme.Header)
	y := drawFacts(r, 1, []fact{
		{"● waiting", count(n.Requested), waits(n.Requested)},
		{"○ pending", count(n.Pending), theme.Text},
		{"! expired", count(n.Expired), theme.Text},
	})
	y++
	r.Text(0, y, "SENT IN "+strconv.Itoa(p.days)+" DAYS", theme.Header)
	x := n.Invitations
	if x == nil || x.Sent == 0 {
		r.Text(0, y+1, "none", theme.Muted)
		return y + 2
	}
	facts := []fact{
		{"sent", count(x.Sent), theme.Text}, {"accepted", count(x.Accepted), theme.Text},
		{"acceptance", rate(*x), theme.Text | theme.Bold}, {"median wait", wait(*x), theme.Text},
		{"declined", count(x.Declined), theme.Muted}, {"expired", count(x.Expired), theme.Muted},
		{"revoked", count(x.Revoked), theme.Muted}, {"still open", count(x.Pending), theme.Muted},
	}
	return drawFacts(r, y+1, facts)
}

func waits(n int) theme.Style {
	if n > 0 {
		return theme.Warn
	}
	return theme.Text
}

// rate is the acceptance rate as people say it, a dash where nothing was sent.
func rate(x models.InvitationStats) string {
	if x.Rate == nil {
		return "–"
	}
	return strconv.Itoa(int(math.Round(100**x.Rate))) + "%"
}

// wait is the median time to acceptance.
func wait(x models.InvitationStats) string {
	switch {
	case x.MedianWait == nil:
		return "–"
	case *x.MedianWait < 60:
		return strconv.FormatInt(*x.MedianWait, 10) + "s"
	}
	return ui.Span(time.Duration(*x.MedianWait) * time.Second)
}

// Room that the parts of the activity chart take.
const (
	chartGutter = 9  // names and scale at the left
	chartLines  = 12 // beyond which it is not drawn higher
	tableFrom   = 8  // lines of a chart below which it has no table under it
)

// drawActivity shows what people did on each day: a chart, the two numbers that
// matter most as lines under it, and where there is room the invitations by
// week for those who decide about them.
func (p *Pane) drawActivity(h host.Host, r ui.Region) {
	if r.H < 3 || r.W < chartGutter+14 {
		return
	}
	days := p.numbers.Days
	changes, joined, invited := make([]int, len(days)), make([]int, len(days)), make([]int, len(days))
	all := 0
	for i, d := range days {
		changes[i], joined[i], invited[i] = d.Changes, d.Joined, d.Invited
		all += d.Changes + d.Joined + d.Invited
	}
	bars := ui.FitBars(len(days), r.W-chartGutter)
	title := "CHANGES A DAY"
	if bars.Per > 1 {
		title = "CHANGES IN " + strconv.Itoa(bars.Per) + " DAYS"
	}
	x := r.Text(0, 0, title, theme.Header) + 2
	p.drawPeriods(h, r, x)
	if all == 0 {
		r.Text(0, 2, "no changes in these days", theme.Muted)
		return
	}
	body := r.Sub(0, 1, r.W, r.H-1)
	high := body.H - 1 // under it the dates
	sparks := high >= 4
	if sparks {
		high -= 2
	}
	if high-chartTable(p.stats, high) >= tableFrom {
		n := chartTable(p.stats, high)
		high -= n
		high = min(high, chartLines)
		p.drawStats(body.Sub(0, high+4, body.W, n-1))
	}
	high = min(high, chartLines)
	p.drawScale(body, bars, changes, high)
	body.Sub(chartGutter, 0, body.W-chartGutter, high).Chart(bars, changes, theme.Accent&^theme.Bold)
	if sparks {
		body.Text(0, high, "joined", theme.Muted)
		body.Sub(chartGutter, high, body.W-chartGutter, 1).Chart(bars, joined, theme.OK)
		body.Text(0, high+1, "invited", theme.Muted)
		body.Sub(chartGutter, high+1, body.W-chartGutter, 1).Chart(bars, invited, theme.Text)
		high += 2
	}
	p.drawDates(body.Sub(chartGutter, high, body.W-chartGutter, 1), bars)
}

// chartTable is how many lines the table of invitations takes, with the empty
// one above it, and at most half of what there is.
func chartTable(stats []models.InvitationStats, room int) int {
	if len(stats) == 0 {
		return 0
	}
	return min(len(stats)+2, room/2)
}

func (p *Pane) drawPeriods(h host.Host, r ui.Region, x int) {
	x += r.Text(x, 0, h.KeyOf("overview.period")+" ", theme.Key)
	for _, n := range [...]int{7, 30, 90} {
		text, style := " "+strconv.Itoa(n)+" ", theme.Muted
		if n == p.days {
			text, style = "["+strconv.Itoa(n)+"]", theme.Accent
		}
		x += r.Text(x, 0, text, style)
	}
	r.Text(x, 0, " days", theme.Muted)
}

// drawScale says what the height of the chart means.
func (p *Pane) drawScale(r ui.Region, bars ui.Bars, values []int, h int) {
	most := 0
	for _, v := range bars.Sums(values) {
		most = max(most, v)
	}
	r.Right(chartGutter-1, 0, ui.Count(most, false), theme.Muted)
	if h >= 6 && most >= 4 {
		r.Right(chartGutter-1, h/2, ui.Count(most/2, false), theme.Muted)
	}
	if h > 1 {
		r.Right(chartGutter-1, h-1, "0", theme.Muted)
	}
}

// drawDates names every column where there is room, else the first, the middle
// and the last one.
func (p *Pane) drawDates(r ui.Region, bars ui.Bars) {
	const need = 8
	n := len(p.numbers.Days) / bars.Per
	name := func(column int) string { return dayName(p.numbers.Days[column*bars.Per].Date) }
	if bars.Pitch >= need {
		for i := range n {
			r.Text(i*bars.Pitch, 0, name(i), theme.Muted)
		}
		return
	}
	end := (n-1)*bars.Pitch + bars.Wide
	r.Text(0, 0, name(0), theme.Muted)
	if end >= 4*need {
		r.Text(n/2*bars.Pitch, 0, name(n/2), theme.Muted)
	}
	r.Right(end, 0, dayName(p.numbers.Days[len(p.numbers.Days)-1].Date), theme.Muted)
}

// dayName is a date of the numbers, which are those of UTC, for the edge of the
// chart.
func dayName(date string) string {
	t, err := time.Parse(time.DateOnly, date)
	if err != nil {
		return date
	}
	return t.Format("Jan 2")
}

// drawStats shows what became of the invitations of each week or day, the
// latest first.
func (p *Pane) drawStats(r ui.Region) {
	for y, line := range p.statsLines(r.H) {
		r.Text(0, y, line.Text, line.Style)
	}
}

// statsLines is a table of at most n lines with its titles.
func (p *Pane) statsLines(n int) []ui.Line {
	row := func(cells ...string) string {
		text := ui.Pad(cells[0], 12)
		for _, c := range cells[1:] {
			text += ui.PadLeft(c, 9)
		}
		return text
	}
	first := "WEEK OF"
	if p.period == models.PeriodDay {
		first = "DAY"
	}
	lines := []ui.Line{{Text: row(first, "SENT", "ACCEPTED", "RATE", "MEDIAN", "DECLINED", "EXPIRED"), Style: theme.Header}}
	for _, x := range p.stats[:min(len(p.stats), max(n-1, 0))] {
		style := theme.Text
		if x.Sent == 0 {
			style = theme.Muted
		}
		lines = append(lines, ui.Line{Text: row(x.From.Format(time.DateOnly), strconv.Itoa(x.Sent), strconv.Itoa(x.Accepted), rate(x), wait(x),
			strconv.Itoa(x.Declined), strconv.Itoa(x.Expired)), Style: style})
	}
	return lines
}

// Detail lists the days, the latest first.
func (p *Pane) Detail(host.Host) (string, []ui.Line) {
	if !p.loaded {
		return "", nil
	}
	return "Day by day", p.dayLines()
}

func (p *Pane) dayLines() []ui.Line {
	row := func(day, changes, joined, invited string) string {
		return ui.Pad(day, 7) + ui.PadLeft(changes, 8) + ui.PadLeft(joined, 7) + ui.PadLeft(invited, 8)
	}
	lines := []ui.Line{{Text: row("", "changes", "joined", "invited"), Style: theme.Header}}
	number := func(n int) string {
		if n == 0 {
			return "·"
		}
		return strconv.Itoa(n)
	}
	for i := len(p.numbers.Days) - 1; i >= 0; i-- {
		d := p.numbers.Days[i]
		lines = append(lines, ui.Line{Text: row(dayName(d.Date), number(d.Changes), number(d.Joined), number(d.Invited))})
	}
	return lines
}

// ---- bindings

func overviewBindings() []keys.Binding[host.Host] {
	loaded := func(h host.Host) string {
		if !of(h).loaded {
			return "the numbers are still loading"
		}
		return ""
	}
	return []keys.Binding[host.Host]{
		{ID: "overview.period", Keys: []string{"t"}, Title: "7, 30 or 90 days", Scope: scopeOverview, Foot: 90,
			Help: "Shows the last 7, 30 or 90 days.",
			Run:  func(h host.Host) tea.Cmd { return of(h).switchPeriod(h) }},
		{ID: "overview.numbers", Keys: []string{"enter"}, Title: "all numbers", Scope: scopeOverview, Foot: 80, Enabled: loaded,
			Help: "Lists the numbers for each day and, for those who decide them, invitations by week.",
			Run:  func(h host.Host) tea.Cmd { return of(h).list(h) }},
	}
}

// list shows the numbers behind the charts as text.
func (p *Pane) list(h host.Host) tea.Cmd {
	var lines []ui.Line
	if len(p.stats) > 0 {
		lines = append(p.statsLines(len(p.stats)+1), ui.Line{})
	}
	h.Show(&ui.Notice{Title: h.Org.Name + ": numbers", Lines: append(lines, p.dayLines()...)})
	return nil
}
