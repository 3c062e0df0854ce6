package api

import "muster/models"

// plainQuestion reads the body of a verification in the form in which programs send
// it: an object of texts without escapes, whole numbers and lists of texts, each name
// once. Of everything else ok is false, and that is all it says: then the general way
// reads it, or tells what is wrong with it. What both read they read the same.
func plainQuestion(body []byte) (q models.KeyQuestion, ok bool) {
	p := plainJSON{rest: body}
	if !p.next('{') {
		return q, false
	}
	for more := true; more; more = p.next(',') {
		name, ok := p.text()
		if !ok || !p.next(':') || !p.into(&q, string(name)) {
			return q, false
		}
	}
	ends := p.next('}')
	p.blanks()
	return q, ends && len(p.rest) == 0 && q.Key != ""
}

// into reads the value of a name into the question.
func (p *plainJSON) into(q *models.KeyQuestion, name string) (ok bool) {
	switch {
	case name == "key" && q.Key == "":
		return p.string(&q.Key)
	case name == "address" && q.Address == "":
		return p.string(&q.Address)
	case name == "workspace" && q.Workspace == "":
		return p.string(&q.Workspace)
	case name == "cost" && q.Cost == 0:
		q.Cost, ok = p.number()
	case name == "scopes" && q.Scopes == nil:
		q.Scopes, ok = p.texts()
	}
	return ok
}

// plainJSON reads a text from its beginning on.
type plainJSON struct{ rest []byte }

func (p *plainJSON) blanks() {
	for len(p.rest) > 0 && (p.rest[0] == ' ' || p.rest[0] == '\n' || p.rest[0] == '\r' || p.rest[0] == '\t') {
		p.rest = p.rest[1:]
	}
}

// next takes a sign, if it is the next one.
func (p *plainJSON) next(sign byte) bool {
	p.blanks()
	if len(p.rest) == 0 || p.rest[0] != sign {
		return false
	}
	p.rest = p.rest[1:]
	return true
}

// text takes a text of ASCII without escapes, which is as it stands there.
func (p *plainJSON) text() ([]byte, bool) {
	if !p.next('"') {
		return nil, false
	}
	for i, c := range p.rest {
		switch {
		case c == '"':
			text := p.rest[:i]
			p.rest = p.rest[i+1:]
			return text, true
		case c < ' ' || c >= 0x7f || c == '\\':
			return nil, false
		}
	}
	return nil, false
}

func (p *plainJSON) string(into *string) bool {
	text, ok := p.text()
	*into = string(text)
	return ok
}

// texts takes a list of texts that has some.
func (p *plainJSON) texts() (list []string, ok bool) {
	if !p.next('[') {
		return nil, false
	}
	for more := true; more; more = p.next(',') {
		var s string
		if !p.string(&s) {
			return nil, false
		}
		list = append(list, s)
	}
	return list, p.next(']')
}

// number takes a whole number of up to seven digits, which is as high as one goes here.
func (p *plainJSON) number() (n int, ok bool) {
	p.blanks()
	digits := 0
	for digits < len(p.rest) && p.rest[digits] >= '0' && p.rest[digits] <= '9' {
		n = n*10 + int(p.rest[digits]-'0')
		digits++
		if digits > 7 {
			return 0, false
		}
	}
	ok = digits > 0 && (digits == 1 || p.rest[0] != '0')
	p.rest = p.rest[digits:]
	return n, ok
}
