package output

import (
	"cmp"
	"io"
	"slices"
	"strings"

	"charm.land/lipgloss/v2"
	"charm.land/lipgloss/v2/table"
	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/ansi"

	"muster/models"
)

// Printer writes answers for whoever reads them. On a terminal a table keeps to
// its width and headings have a look; everywhere else, and so in every script,
// the bytes are those of Table, Error and the text as it is.
type Printer struct {
	w       io.Writer
	width   int
	profile colorprofile.Profile
}

// NewPrinter makes a Printer for a terminal of so many columns and colours. No
// columns means that it is no terminal, which has no look either.
func NewPrinter(w io.Writer, width int, profile colorprofile.Profile) *Printer {
	if width <= 0 {
		profile = colorprofile.NoTTY
	}
	return &Printer{w: w, width: width, profile: profile}
}

// Plain makes a Printer for what is no terminal.
func Plain(w io.Writer) *Printer { return NewPrinter(w, 0, colorprofile.NoTTY) }

// The looks of what is printed. The sixteen colours are the person's own, so
// they suit whatever ground there is.
var (
	headingStyle = lipgloss.NewStyle().Bold(true)
	nameStyle    = lipgloss.NewStyle().Foreground(lipgloss.Cyan)
	errorStyle   = lipgloss.NewStyle().Foreground(lipgloss.Red).Bold(true)
	hintStyle    = lipgloss.NewStyle().Foreground(lipgloss.Yellow)
)

// write writes styled text in the colours that the terminal has.
func (p *Printer) write(s string) error {
	_, err := io.WriteString(&colorprofile.Writer{Forward: p.w, Profile: p.profile}, s)
	return err
}

// Table writes rows under headers as Table does. On a terminal too narrow for
// them the text in cells is broken, and nothing is cut off: an id or a code that
// is shown can be copied. Columns in which nothing stands are left out.
func (p *Printer) Table(headers []string, rows [][]string) error {
	if p.width <= 0 {
		return Table(p.w, headers, rows)
	}
	headers, rows = withoutEmpty(headers, rows)
	widths, numbers := p.widths(headers, rows), numeric(headers, rows)
	t := table.New().Border(lipgloss.HiddenBorder()).
		BorderTop(false).BorderBottom(false).BorderLeft(false).BorderRight(false).
		BorderHeader(false).BorderColumn(false).
		StyleFunc(func(row, column int) lipgloss.Style {
			s, padding := lipgloss.NewStyle(), 0
			if row == 0 {
				s = headingStyle
			}
			if column < len(headers)-1 {
				padding = len(gap)
			}
			if numbers[column] {
				s = s.Align(lipgloss.Right)
			}
			return s.PaddingRight(padding).Width(widths[column] + padding)
		})
	// The headers are a row like the others, since lipgloss cuts those that it
	// knows as headers.
	t.Row(broken(headers, widths)...)
	for _, row := range rows {
		t.Row(broken(row, widths)...)
	}
	var b strings.Builder
	for line := range strings.SplitSeq(t.String(), "\n") {
		b.WriteString(strings.TrimRight(line, " "))
		b.WriteByte('\n')
	}
	return p.write(b.String())
}

// Fits tells whether a table fits the terminal with no word broken.
func (p *Printer) Fits(headers []string, rows [][]string) bool {
	if p.width <= 0 {
		return true
	}
	headers, rows = withoutEmpty(headers, rows)
	whole := make([]int, len(headers))
	for _, row := range append([][]string{headers}, rows...) {
		for i := range min(len(row), len(whole)) {
			whole[i] = max(whole[i], longestWord(Safe(row[i])))
		}
	}
	return sum(whole)+len(gap)*(len(headers)-1) <= p.width
}

// withoutEmpty leaves out columns in which nothing stands.
func withoutEmpty(headers []string, rows [][]string) ([]string, [][]string) {
	var keep []int
	for i := range headers {
		if len(rows) == 0 || slices.ContainsFunc(rows, func(row []string) bool { return i < len(row) && row[i] != "" }) {
			keep = append(keep, i)
		}
	}
	if len(keep) == len(headers) {
		return headers, rows
	}
	chosen := func(cells []string) []string {
		out := make([]string, len(keep))
		for n, i := range keep {
			if i < len(cells) {
				out[n] = cells[i]
			}
		}
		return out
	}
	narrow := make([][]string, len(rows))
	for i, row := range rows {
		narrow[i] = chosen(row)
	}
	return chosen(headers), narrow
}

// leastColumn is how narrow a column gets. A terminal with no room for that
// breaks the lines itself.
const leastColumn = 4

// widths are those of the columns. Where there is no room for all of them the
// wide ones share what the narrow ones leave; lipgloss would narrow a column
// that is mostly empty until nothing of it can be read.
func (p *Printer) widths(headers []string, rows [][]string) []int {
	widths := make([]int, len(headers))
	whole := make([]int, len(headers)) // that break no word
	room := p.width - len(gap)*(len(headers)-1)
	for _, row := range append([][]string{headers}, rows...) {
		for i := range min(len(row), len(widths)) {
			widths[i] = max(widths[i], ansi.StringWidth(Safe(row[i])))
			whole[i] = max(whole[i], longestWord(Safe(row[i])))
		}
	}
	if sum(widths) > room && sum(whole) <= room {
		return share(whole, widths, room)
	}
	if room < leastColumn*len(widths) {
		return widths
	}
	narrowFirst := make([]int, len(widths))
	for i := range narrowFirst {
		narrowFirst[i] = i
	}
	slices.SortStableFunc(narrowFirst, func(a, b int) int { return cmp.Compare(widths[a], widths[b]) })
	for n, i := range narrowFirst {
		widths[i] = min(widths[i], room/(len(widths)-n))
		room -= widths[i]
	}
	return widths
}

// broken gives cells that are fit for a terminal, in lines that fit the columns.
// lipgloss breaks lines as well, but counts them otherwise than it breaks them,
// and then leaves the last one out.
func broken(cells []string, widths []int) []string {
	out := make([]string, len(widths))
	for i := range min(len(cells), len(widths)) {
		out[i] = Safe(cells[i])
		if ansi.StringWidth(out[i]) > widths[i] {
			out[i] = ansi.Wrap(strings.TrimSpace(out[i]), widths[i], breaks)
		}
	}
	return out
}

// Error writes why a command failed, as Error does.
func (p *Printer) Error(e *models.Error, asJSON bool) error {
	if asJSON || p.width <= 0 {
		return Error(p.w, e, asJSON)
	}
	text := errorStyle.Render("muster: error:") + " " + Safe(e.Message) + "\n"
	if hint := e.PlainHint(); hint != "" {
		text += hintStyle.Render("muster: hint:") + " " + Safe(hint) + "\n"
	}
	return p.write(text)
}

// Help writes the help of a command, as cobra words it. On a terminal its
// headings, and the names of commands and options, stand out.
func (p *Printer) Help(text string) error {
	if p.width <= 0 {
		_, err := io.WriteString(p.w, text)
		return err
	}
	var b strings.Builder
	listing := false // below a heading, where each line begins with a name
	for line := range strings.Lines(text) {
		body := strings.TrimRight(line, "\n")
		name := strings.TrimLeft(body, " ")
		indent := body[:len(body)-len(name)]
		switch {
		case body != "" && indent == "":
			listing = strings.HasSuffix(body, ":")
			if listing {
				body = headingStyle.Render(body)
			}
		case listing && name != "":
			// The name ends where blanks lead to what it does.
			rest := ""
			if i := strings.Index(name, "  "); i >= 0 {
				name, rest = name[:i], name[i:]
			}
			if len(indent) <= maxNameIndent {
				body = indent + nameStyle.Render(name) + rest
			}
		}
		b.WriteString(body)
		b.WriteString(line[len(strings.TrimRight(line, "\n")):])
	}
	return p.write(b.String())
}

// maxNameIndent is how far options without a letter stand from the edge; what
// stands further goes on with the line before it.
const maxNameIndent = 6

// breaks are the characters behind which a word may be broken: an address in its
// middle.
const breaks = "@"

// longestWord is how wide the longest part of a text is that stays in one line.
func longestWord(text string) (longest int) {
	for word := range strings.FieldsSeq(text) {
		for part := range strings.SplitAfterSeq(word, breaks) {
			longest = max(longest, ansi.StringWidth(part))
		}
	}
	return longest
}

// share widens columns from their least widths up to those that they want, the
// ones that lack least first.
func share(least, wanted []int, room int) []int {
	widths := slices.Clone(least)
	room -= sum(least)
	order := make([]int, len(widths))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(wanted[a]-least[a], wanted[b]-least[b]) })
	for n, i := range order {
		more := min(wanted[i]-least[i], room/(len(order)-n))
		widths[i] += more
		room -= more
	}
	return widths
}

func sum(list []int) (total int) {
	for _, n := range list {
		total += n
	}
	return total
}

// numeric tells which columns hold numbers and dates only, which stand to the
// right.
func numeric(headers []string, rows [][]string) []bool {
	out := make([]bool, len(headers))
	for column := range out {
		some := false
		for _, row := range rows {
			if column >= len(row) || row[column] == "" {
				continue
			}
			some = true
			if strings.Trim(row[column], "0123456789.,/%-") != "" {
				some = false
				break
			}
		}
		out[column] = some
	}
	return out
}
