package models

import (
	"bytes"
	"encoding/binary"
	"encoding/csv"
	"errors"
	"io"
	"slices"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

const importHint = "one address a line, or CSV with a header: email,name,role,message,expires_in,workspaces"

// maxImportColumns bounds a header; address books have some ninety columns.
const maxImportColumns = 500

// ParseImport reads people to invite from what somebody pasted, typed or
// exported: CSV with a header, in the layouts of headerWords or with columns
// named, or lines of addresses (see readLine). It never looks for addresses
// elsewhere: one row is one person, with the address in the column for it. What
// is wrong with one row is in its Err; the error is for a list that cannot be
// read at all.
func ParseImport(data []byte, named ...ImportColumn) (list ImportList, err error) {
	if len(data) > MaxImportBytes {
		return list, Errorf(CodeLimit, "the list is larger than %d MiB", MaxImportBytes>>20).WithHint("import it in parts")
	}
	if data, err = plainText(data); err != nil {
		return list, err
	}
	if first, _, _ := bytes.Cut(data, []byte("\n")); strings.EqualFold(strings.TrimSpace(string(first)), "BEGIN:VCARD") {
		return list, Invalid("list", "the list is a vCard file; muster reads CSV and lines of addresses").
			WithHint("in Apple Contacts or Mail, copy the people and paste them here, as lines of Name <address>")
	}
	head, err := findHeader(data, named)
	switch {
	case err != nil:
		return list, err
	case head.headers != nil:
		list = parseTable(data, head)
	default:
		list = parseLines(data)
	}
	switch {
	case len(list.Rows) == 0:
		return list, Invalid("list", "the list has no addresses").WithHint(importHint)
	case len(list.Rows) > MaxImportRows:
		return ImportList{}, Errorf(CodeLimit, "the list has more than %d rows", MaxImportRows).WithHint("import it in parts")
	}
	return list, nil
}

// plainText makes UTF-8 with line feeds of a list: spreadsheets save UTF-16,
// old Macs and terminals end lines with a carriage return, and a terminal or
// DOS may leave its end-of-file character.
func plainText(data []byte) ([]byte, error) {
	for mark, order := range map[string]binary.ByteOrder{"\xff\xfe": binary.LittleEndian, "\xfe\xff": binary.BigEndian} {
		if bytes.HasPrefix(data, []byte(mark)) {
			units := make([]uint16, 0, len(data)/2)
			for rest := data[2:]; len(rest) >= 2; rest = rest[2:] {
				units = append(units, order.Uint16(rest))
			}
			data = []byte(string(utf16.Decode(units)))
			break
		}
	}
	if bytes.IndexByte(data, 0) >= 0 {
		return nil, Invalid("list", "the list is not text").WithHint("save it as CSV in UTF-8")
	}
	data = bytes.TrimRight(bytes.TrimPrefix(data, []byte("\ufeff")), "\x04\x1a")
	if bytes.IndexByte(data, '\r') >= 0 {
		data = bytes.ReplaceAll(bytes.ReplaceAll(data, []byte("\r\n"), []byte("\n")), []byte("\r"), []byte("\n"))
	}
	return data, nil
}

// header is the first row of a table: its layout, the separator, and the offset
// of what follows it.
type header struct {
	layout
	comma rune
	next  int
}

// findHeader reads the header; headers is nil where there is none. Of the usual
// separators it is the one that gives a column for the address, else the one
// that gives the most columns.
func findHeader(data []byte, named []ImportColumn) (best header, err error) {
	commas := []rune{',', ';', '\t', '|'}
	start := 0
	if comma, next, ok := sepLine(data); ok {
		commas, start = []rune{comma}, next
	}
	var bestErr error
	for _, comma := range commas {
		r := csvReader(data[start:], comma)
		cells, err := r.Read()
		if err != nil {
			continue
		}
		if len(cells) > maxImportColumns {
			return best, Errorf(CodeLimit, "the list has more than %d columns", maxImportColumns)
		}
		l, err := layoutOf(cells, named)
		has, had := len(l.at[fieldEmail]) > 0, len(best.at[fieldEmail]) > 0
		if best.headers == nil || has && !had || has == had && len(cells) > len(best.headers) {
			best, bestErr = header{l, comma, start + int(r.InputOffset())}, err
		}
	}
	switch {
	case best.headers == nil && len(named) > 0:
		return header{}, Invalid("column", "the list has no header, so no column can be named")
	case best.headers == nil:
		return header{}, nil
	case !best.readable():
		return header{}, Invalid("list", "the header is not UTF-8 text").WithHint("save the list as CSV in UTF-8")
	case bestErr != nil:
		return header{}, bestErr
	case len(best.at[fieldEmail]) > 0:
		return best, nil
	case len(named) > 0 || best.isHeader():
		return header{}, best.refuse()
	}
	return header{}, nil
}

// sepLine reads the line sep=; with which Excel is told the separator.
func sepLine(data []byte) (comma rune, next int, ok bool) {
	line, _, _ := bytes.Cut(data, []byte("\n"))
	text := strings.Trim(strings.TrimRight(string(line), " "), `"`)
	if len(text) < 5 || !strings.EqualFold(text[:4], "sep=") {
		return 0, 0, false
	}
	comma, size := utf8.DecodeRuneInString(text[4:])
	if text[4:] == `\t` {
		comma, size = '\t', 2
	}
	if size != len(text)-4 || comma == '"' || comma == utf8.RuneError {
		return 0, 0, false
	}
	return comma, min(len(line)+1, len(data)), true
}

func csvReader(data []byte, comma rune) *csv.Reader {
	r := csv.NewReader(bytes.NewReader(data))
	r.Comma, r.FieldsPerRecord, r.TrimLeadingSpace = comma, -1, comma != '\t'
	return r
}

func parseTable(data []byte, head header) (list ImportList) {
	list.Columns, list.Ignored, list.Notes = head.fields()
	start := head.next
	line := 1 + bytes.Count(data[:start], []byte("\n"))
	for start < len(data) && len(list.Rows) <= MaxImportRows {
		r := csvReader(data[start:], head.comma)
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
					WithHint("put a cell with a comma, a quote or a line break in double quotes, and double the quotes in it")})
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
				list.Rows = append(list.Rows, head.row(line+at-1, cells))
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

// row reads one person.
func (l layout) row(line int, cells []string) ImportRow {
	row := ImportRow{Line: line}
	text, _ := l.cell(cells, fieldEmail)
	// Google puts several addresses into one cell, the preferred one first.
	text, _, _ = strings.Cut(text, " ::: ")
	row.Name, row.Email = SplitAddress(text)
	if name := l.name(cells); name != "" {
		row.Name = name
	}
	if err := l.leftOut(cells); err != nil {
		row.Err, row.LeftOut = err, true
		return row.named()
	}
	switch {
	case row.Email == "":
		row.Err = Invalid("email", "no address: the column %q is empty", headerName(l.headers[l.at[fieldEmail][0]]))
	case strings.Contains(row.Email, "@") && strings.ContainsAny(row.Email, " ,;\n\t"):
		row.Err = Invalid("email", "%q is not one address", Clip(row.Email))
	}
	if row.Err != nil {
		return row.named()
	}
	role, _ := l.cell(cells, fieldRole)
	expires, _ := l.cell(cells, fieldExpires)
	row.Message, _ = l.cell(cells, fieldMessage)
	if grants, _ := l.cell(cells, fieldWorkspaces); grants != "" {
		row.Workspaces = parseWorkspaceGrants(grants)
	}
	return row.check(role, expires)
}

// SplitAddress takes Name <address> apart; quotes around the name go, and so
// does the mailto: of a link.
func SplitAddress(s string) (name, email string) {
	s = strings.TrimSpace(s)
	if open := strings.LastIndexByte(s, '<'); open >= 0 && strings.HasSuffix(s, ">") {
		name, s = strings.TrimSpace(s[:open]), strings.TrimSpace(s[open+1:len(s)-1])
		if len(name) >= 2 && name[0] == '"' && name[len(name)-1] == '"' {
			name = strings.ReplaceAll(strings.ReplaceAll(name[1:len(name)-1], `""`, `"`), `\"`, `"`)
		}
	}
	if n := len("mailto:"); len(s) > n && strings.EqualFold(s[:n], "mailto:") {
		s, _, _ = strings.Cut(s[n:], "?")
	}
	return strings.TrimSpace(name), s
}

// CheckAddress checks an address that somebody typed or pasted, alone or as
// Name <address>. name is empty where none was given.
func CheckAddress(field, s string) (name, email string, err error) {
	name, email = SplitAddress(s)
	if email, err = CheckEmail(field, email); err == nil && name != "" {
		name, err = CheckName(field, name)
	}
	return name, email, err
}
