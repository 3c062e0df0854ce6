package models

import (
	"bytes"
	"cmp"
	"encoding/csv"
	"errors"
	"io"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Bounds of one import.
const (
	MaxImportBytes = 4 << 20
	MaxImportRows  = 20_000
)

// ImportRow is one person in a list of people to invite. A row that cannot be
// read has Err and no more than what could be made out.
type ImportRow struct {
	Line    int // where it begins, from 1
	Email   string
	Name    string
	Role    Role          // as in NewInvitation: only the organization knows which custom ones there are
	TTL     time.Duration // 0 is the organization's setting
	Message string
	// Workspaces to add the person to, each as NAME or NAME:ROLE in Workspace.
	Workspaces []WorkspaceGrant
	Err        error
}

// ImportList is a list of people as it was read.
type ImportList struct {
	Rows    []ImportRow
	Ignored []string // columns that muster does not know
}

// ImportStatus says what became of a row.
type ImportStatus string

// What becomes of a row.
const (
	ImportDone    ImportStatus = "done"    // invited or proposed, or would be
	ImportSkipped ImportStatus = "skipped" // nothing to do: a member, invited already, or named twice
	ImportFailed  ImportStatus = "error"
)

// ImportResult is the outcome for one row.
type ImportResult struct {
	Line   int             `json:"line"`
	Email  string          `json:"email"`
	Status ImportStatus    `json:"status"`
	ID     string          `json:"id,omitempty"`    // of the invitation; none in a dry run
	State  InvitationState `json:"state,omitempty"` // pending or requested
	Role   Role            `json:"role,omitempty"`  // with a custom role, what it counts as
	Custom string          `json:"custom_role,omitempty"`
	// Workspaces are those that the invitation leads into.
	Workspaces []WorkspacePlace `json:"workspaces,omitempty"`
	Err        error            `json:"-"` // why it was skipped or failed
}

// Label names the role.
func (r ImportResult) Label() string { return cmp.Or(r.Custom, string(r.Role)) }

// ImportReport is the outcome of an import, in the order of the rows.
type ImportReport struct {
	DryRun  bool           `json:"dry_run"`
	Done    int            `json:"done"`
	Skipped int            `json:"skipped"`
	Failed  int            `json:"failed"`
	Results []ImportResult `json:"items"`
}

// Add appends results and counts them.
func (r *ImportReport) Add(results ...ImportResult) {
	for _, x := range results {
		switch x.Status {
		case ImportDone:
			r.Done++
		case ImportSkipped:
			r.Skipped++
		default:
			r.Failed++
		}
	}
	r.Results = append(r.Results, results...)
}

// ImportTwice says that a row repeats the address of an earlier line.
func ImportTwice(email string, line int) error {
	return Errorf(CodeConflict, "%s stands in line %d already", email, line)
}

// importColumns are the names by which headers call the columns.
var importColumns = map[string]string{
	"email": "email", "e_mail": "email", "mail": "email", "email_address": "email", "e_mail_address": "email", "address": "email",
	"name": "name", "full_name": "name", "display_name": "name",
	"role": "role", "message": "message", "note": "message",
	"expires_in": "expires_in", "expiry": "expires_in", "expires": "expires_in",
	"workspaces": "workspaces", "workspace": "workspaces",
}

func importColumn(cell string) string {
	cell = strings.ToLower(strings.TrimSpace(cell))
	return importColumns[strings.NewReplacer(" ", "_", "-", "_").Replace(cell)]
}

// ParseImport reads people to invite from what somebody pasted or exported:
// either CSV with a header that names at least the column email (and name,
// role, message, expires_in, workspaces in any order, with commas, semicolons or
// tabs), or addresses alone, one or more a line, also as Name <address>, each with a name
// or a role after it if need be. What is wrong with one row is in its Err; the
// error is for a list that cannot be read at all.
func ParseImport(data []byte) (list ImportList, err error) {
	switch {
	case len(data) > MaxImportBytes:
		return list, Errorf(CodeLimit, "the list is larger than %d MiB", MaxImportBytes>>20).WithHint("import it in parts")
	case bytes.HasPrefix(data, []byte{0xff, 0xfe}) || bytes.HasPrefix(data, []byte{0xfe, 0xff}) || bytes.IndexByte(data, 0) >= 0:
		return list, Invalid("list", "the list is not UTF-8 text").WithHint("save it as CSV in UTF-8")
	}
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	if header, comma, start := importHeader(data); header != nil {
		list = parseTable(data, header, comma, start)
	} else {
		list = parsePasted(data)
	}
	switch {
	case len(list.Rows) == 0:
		return list, Invalid("list", "the list has no addresses").
			WithHint("one address a line, or CSV with a header: email,name,role,message,expires_in,workspaces")
	case len(list.Rows) > MaxImportRows:
		return ImportList{}, Errorf(CodeLimit, "the list has more than %d rows", MaxImportRows).WithHint("import it in parts")
	}
	return list, nil
}

// importHeader finds the header, if the first line that is not empty is one.
// start is the offset of the line after it.
func importHeader(data []byte) (header []string, comma rune, start int) {
	for start < len(data) {
		end := start + bytes.IndexByte(data[start:], '\n')
		if end < start {
			end = len(data)
		}
		line := strings.TrimSpace(string(data[start:end]))
		start = min(end+1, len(data))
		if line == "" {
			continue
		}
		for _, comma := range []rune{',', ';', '\t'} {
			r := csv.NewReader(strings.NewReader(line))
			r.Comma, r.TrimLeadingSpace = comma, comma != '\t'
			cells, err := r.Read()
			if err == nil && slices.ContainsFunc(cells, func(c string) bool { return importColumn(c) == "email" }) {
				return cells, comma, start
			}
		}
		break
	}
	return nil, 0, 0
}

func parseTable(data []byte, header []string, comma rune, start int) (list ImportList) {
	columns := make([]string, len(header))
	for i, cell := range header {
		columns[i] = importColumn(cell)
		if slices.Contains(columns[:i], columns[i]) {
			columns[i] = ""
		}
		if name := clip(SafeText(strings.TrimSpace(cell)), 40); columns[i] == "" && name != "" {
			list.Ignored = append(list.Ignored, name)
		}
	}
	line := 1 + bytes.Count(data[:start], []byte("\n"))
	for start < len(data) && len(list.Rows) <= MaxImportRows {
		r := csv.NewReader(bytes.NewReader(data[start:]))
		r.Comma, r.FieldsPerRecord = comma, -1
		next := -1 // where to go on after a row that broke the reader
		for len(list.Rows) <= MaxImportRows {
			cells, err := r.Read()
			if err == io.EOF {
				break
			}
			var bad *csv.ParseError
			if errors.As(err, &bad) {
				at := line + bad.StartLine - 1
				list.Rows = append(list.Rows, ImportRow{Line: at, Err: Invalid("list", "line %d cannot be read: a quote is out of place", at).
					WithHint("a cell with a comma, a quote or a line break stands in double quotes, quotes in it are doubled")})
				// What the reader has swallowed after the first line of the row may
				// be good: a quote that never closes must not take the rest along.
				next = start + lineOffset(data[start:], bad.StartLine)
				line = at + 1
				break
			}
			if err != nil { // bytes.Reader has no others
				break
			}
			if slices.ContainsFunc(cells, func(c string) bool { return strings.TrimSpace(c) != "" }) {
				at, _ := r.FieldPos(0)
				list.Rows = append(list.Rows, tableRow(line+at-1, columns, cells))
			}
		}
		if next < 0 {
			break
		}
		start = next
	}
	return list
}

// lineOffset is where the line after the nth begins, counted from 1.
func lineOffset(data []byte, n int) int {
	at := 0
	for range n {
		i := bytes.IndexByte(data[at:], '\n')
		if i < 0 {
			return len(data)
		}
		at += i + 1
	}
	return at
}

func tableRow(line int, columns, cells []string) ImportRow {
	row := ImportRow{Line: line}
	var role, expires string
	for i, cell := range cells {
		if i >= len(columns) {
			break
		}
		switch columns[i] {
		case "email":
			name, email := splitAddress(cell)
			row.Email = email
			if row.Name == "" {
				row.Name = name
			}
		case "name":
			if cell = strings.TrimSpace(cell); cell != "" {
				row.Name = cell
			}
		case "role":
			role = cell
		case "message":
			row.Message = cell
		case "expires_in":
			expires = cell
		case "workspaces":
			row.Workspaces = parseWorkspaceGrants(cell)
		}
	}
	return row.check(role, expires)
}

// check reads the role and the time of a row, and checks it all.
func (row ImportRow) check(role, expires string) ImportRow {
	if role = strings.TrimSpace(role); role != "" {
		row.Role = Role(role)
		if r, err := ParseRole("role", role); err == nil {
			row.Role = r
		}
	}
	if strings.TrimSpace(expires) != "" {
		if row.TTL, row.Err = ParseExpiry("expires_in", expires); row.Err != nil {
			return row.named()
		}
	}
	return row.Check()
}

// named keeps of a bad row what it can be found by.
func (row ImportRow) named() ImportRow {
	return ImportRow{Line: row.Line, Email: clip(SafeText(strings.TrimSpace(row.Email)), 100), Err: row.Err}
}

// Check puts a row into its normal form, or says in its Err what is wrong.
func (row ImportRow) Check() ImportRow {
	if row.Err != nil {
		return row.named()
	}
	raw := row
	if row.Email, row.Err = CheckEmail("email", row.Email); row.Err == nil && row.Name != "" {
		row.Name, row.Err = CheckName("name", row.Name)
	}
	if row.Err == nil {
		row.Message, row.Err = CheckLong("message", row.Message)
	}
	switch {
	case row.Err != nil:
	case len(row.Workspaces) > MaxWorkspaceGrants:
		row.Err = Invalid("workspaces", "an invitation leads into at most %d workspaces", MaxWorkspaceGrants)
	case row.TTL != 0 && (row.TTL < MinExpiry || row.TTL > MaxExpiry):
		row.Err = Invalid("expires_in", "expires_in must be from 60 seconds to 30 days")
	}
	if row.Err != nil {
		raw.Err = row.Err
		return raw.named()
	}
	return row
}

// splitAddress takes Name <address> apart; quotes around the name go.
func splitAddress(s string) (name, email string) {
	s = strings.TrimSpace(s)
	open := strings.LastIndexByte(s, '<')
	if open < 0 || !strings.HasSuffix(s, ">") {
		return "", s
	}
	name = strings.TrimSpace(s[:open])
	if len(name) >= 2 && name[0] == '"' && name[len(name)-1] == '"' {
		name = strings.ReplaceAll(name[1:len(name)-1], `""`, `"`)
	}
	return strings.TrimSpace(name), strings.TrimSpace(s[open+1 : len(s)-1])
}

// parsePasted reads addresses without a header.
func parsePasted(data []byte) (list ImportList) {
	n := 0
	for text := range strings.Lines(string(data)) {
		n++
		type person struct {
			ImportRow
			role string
		}
		var people []person
		for _, word := range splitPasted(text) {
			switch last := len(people) - 1; {
			case strings.Contains(word, "@"):
				name, email := splitAddress(word)
				people = append(people, person{ImportRow: ImportRow{Line: n, Email: email, Name: name}})
			case last >= 0 && people[last].role == "" && Role(strings.ToLower(word)).Rank() > 0:
				people[last].role = word
			case last >= 0 && people[last].role == "" && people[last].Name == "":
				people[last].Name = word
			default:
				people = append(people, person{ImportRow: ImportRow{Line: n, Err: Invalid("list", "line %d: %q is neither an address nor a role", n, clip(SafeText(word), 40)).
					WithHint("other columns need a header: email,name,role,message,expires_in,workspaces")}})
			}
		}
		for _, p := range people {
			if p.Err == nil {
				p.ImportRow = p.check(p.role, "")
			}
			list.Rows = append(list.Rows, p.ImportRow)
		}
		if len(list.Rows) > MaxImportRows {
			break
		}
	}
	return list
}

// splitPasted cuts a line at semicolons and tabs if it has any, else at commas,
// but not inside quotes or angle brackets.
func splitPasted(line string) (words []string) {
	cut := func(line, seps string) (words []string, found bool) {
		start, quoted, angle := 0, false, false
		for i, r := range line {
			switch {
			case r == '"' && !angle:
				quoted = !quoted
			case quoted:
			case r == '<' || r == '>':
				angle = r == '<'
			case !angle && strings.ContainsRune(seps, r):
				words, start, found = append(words, line[start:i]), i+utf8.RuneLen(r), true
			}
		}
		return append(words, line[start:]), found
	}
	all, found := cut(line, ";\t")
	if !found {
		all, _ = cut(line, ",")
	}
	// Between semicolons a comma belongs to a name, unless it parts addresses.
	var parts []string
	for _, w := range all {
		some, _ := cut(w, ",")
		if !found || slices.ContainsFunc(some, func(p string) bool { return !strings.Contains(p, "@") }) {
			some = []string{w}
		}
		parts = append(parts, some...)
	}
	for _, w := range parts {
		w = strings.TrimFunc(w, unicode.IsSpace)
		if len(w) >= 2 && w[0] == '"' && w[len(w)-1] == '"' {
			w = strings.TrimSpace(strings.ReplaceAll(w[1:len(w)-1], `""`, `"`))
		}
		if w != "" {
			words = append(words, w)
		}
	}
	return words
}

// Or fills in from fill what the row leaves open.
func (row ImportRow) Or(fill ImportRow) ImportRow {
	if row.Role == "" {
		row.Role = fill.Role
	}
	if row.TTL == 0 {
		row.TTL = fill.TTL
	}
	if row.Message == "" {
		row.Message = fill.Message
	}
	if len(row.Workspaces) == 0 {
		row.Workspaces = fill.Workspaces
	}
	return row
}
