package house

import (
	"go/ast"
	"go/token"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// replaced are texts that people were shown, and the better ones that took
// their places. They stay out of the program and of the pages.
var replaced = []struct{ text, better string }{
	{"nobody fits", "No matches"},
	{"nothing fits", "No matches"},
	{"no action fits", "No matches"},
	{"n invites somebody", "Press n to invite"},
	{"let others in: muster serve", "To let others connect, run: muster serve"},
	{"press esc to see everybody", "Press esc to clear the filter"},
	{"enter keeps it", "enter apply"},
	{"esc drops it", "esc clear"},
	{"nobody is on the way in", "No invitations yet"},
	{"yours?", "ownership offered"},
	{"Holds for", "Expires after"},
	{"stands in the mail; may be left empty", "Included in the mail (optional)"},
	{"the invitation works for this address only", "Only this address can use it"},
	{"esc again forgets what you typed", "Press esc again to discard your changes"},
	{"is proposed as member", "proposed as member"},
	{"Word on acceptance", "Notify the inviter when accepted"},
	{"default, e changes", "default · e to change"},
	{"as the installation says", "server default"},
	{"It counts from then on.", "Two-factor is on after that."},
	{"begun, not confirmed", "Not finished"},
	{"codes in reserve", "recovery codes left"},
	{"I have kept them", "I have saved them"},
	{"give a two-factor code", "enter a two-factor code"},
	{"only looks", "read-only"},
	{"works here, may invite by policy", "regular access; may invite if settings allow"},
	{"leaves people alone", "manages projects, not people"},
	{"Try it first", "Preview"},
	{"What would happen", "Preview"},
	{"stands in line", "duplicate of line"},
	{"By way of", "Via"},
	{"bring back", "restore"},
	{"the join link is made", "Join link created"},
	{"this list has one order", "This list cannot be sorted"},
	{"there is nothing left to undo", "Nothing to undo"},
	{"If your terminal refused", "If that did not work, select it with shift held"},
	{"somebody changed this meanwhile", "Someone else changed this"},
	{"without a key pressed", "without input"},
	{"least weight of what is logged", "minimum log level"},
	{"form of the log", "log format"},
	{"how mails leave", "how mail is sent"},
	{"encryption of the way to the mail server", "mail server encryption"},
	{"YOURS AS", "RELATION"},
	{"who went last first", "most recent first"},
	{"a word to whom you invite", "message to the invitee"},
	{"words are parted by blanks", "words are separated by spaces"},
	{"go on after a page: its next value", "next page: the value printed at the end"},
	{"only who was not seen for this long", "not seen for at least"},
	{"at most this many", "maximum number"},
	{"roles of its own making", "custom roles"},
	{"the plans there are", "available plans"},
	{"how its mail fares", "its delivery status"},
	{"comes back to life", "is reactivated"},
	{"codes that are out still work", "invitation codes already sent still work"},
	{"What a key does one can also look for", "The command palette finds actions, members and organizations"},
	{"Who is kept out sees", "Members who are kept out see only code and name"},
	{"One step off in either direction", "The previous, current and next codes work, each once"},
	{"Whoever can open the database file", "Anyone who can read the database file controls the installation"},
	{"Text made by people", "User text cannot control your terminal"},
	{"closed to other users", "readable only by their owner"},
	{"that does not fit.", "reports the first broken entry"},
	{"what that brings about", "a preview"},
	{"as a word of agreement", "to confirm"},
	{"It is worth as much as", "Anyone with this line can join"},
	{"that may do all it may", "the lowest built-in role that has all its permissions"},
	{"in their former role but", "in their former role, at most your own"},
	{"stands in the list twice", "Members, invited people and duplicates are skipped"},
	{"turns it round", "choose it again to reverse"},
	{"global admin", "site admin"},
	{"former members", "removed members"},
	{"hand over the ownership", "transfer ownership"},
	{"the handing over", "the transfer"},
	{"of their own accord", "by themselves"},
	{"who is on the way in", "invitations and requests"},
	{"as often as it can be", "has no uses left"},
	{"there is room again", "try again at, or revoke some"},
	{"what people call it", "name, unique in the workspace"},
	{"say that the address is theirs", "verify the address"},
	{"may go into", "switch"},
	{"taken out of", "removed from"},
	{"take out", "remove"},
	{"anywhere else it wants", "elsewhere it needs"},
	{"would bring", "preview"},
	{"no longer holds", "is no longer valid"},
	{"takes the marks off", "clears the marks"},
	{"for good?", "permanently?"},
	{"after which there is no way back", "after that it is gone"},
	{"Whoever runs it can", "Anyone who runs it can"},
	{"muster needs %d", "Terminal too small"},
	{"have a mistake", "have errors"},
	{"w of this person", "w by this person"},
	{"o on the same", "o on this item"},
	{"What they had sent stays revoked", "Their revoked invitations stay revoked"},
	{"and take a seat", "and use a seat"},
	{"to begin anew", "to start again"},
	{"which every change ends with", "which runs after any change that can cost an owner their role"},
}

// TestReplacedTextsStayOut looks at what the program says and at the pages.
// Where a text is still to be replaced is in textsLeft.
func TestReplacedTextsStayOut(t *testing.T) {
	left := map[string]bool{}
	look := func(file, area, text string) {
		for _, r := range replaced {
			if !strings.Contains(text, r.text) {
				continue
			}
			key := area + " " + r.text
			left[key] = true
			if !textsLeft[key] {
				t.Errorf("%s: %q: say %q", file, r.text, r.better)
			}
		}
	}
	eachFile(t, func(f file) {
		if f.isTest() || generated[f.path] {
			return
		}
		if strings.HasSuffix(f.path, ".md") {
			look(f.path, f.area(), strings.Join(strings.Fields(f.text), " "))
			return
		}
		_, syntax := f.parse(t)
		ast.Inspect(syntax, func(n ast.Node) bool {
			if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING {
				look(f.path, f.area(), strings.Join(strings.Fields(lit.Value), " "))
			}
			return true
		})
	}, ".go", ".md")
	for key := range textsLeft {
		if !left[key] {
			t.Errorf("%q is not there: take it out of textsLeft", key)
		}
	}
}

// private are words that only muster's own source had in such a sense, and the
// field's words for the same. They name no function, type, constant or field.
var private = map[string]string{
	"deed": "entry", "about": "resource, target", "touched": "changed, dirty", "born": "created",
	"reach": "scope", "enter": "open, resolve", "adopt": "resolve the actor", "vouch": "approver, sponsor",
	"mine": "own, of the actor", "again": "resend, renew, retry", "places": "workspaces",
	"former": "removed", "barrier": "security gate", "withhold": "redact", "fate": "outcome",
	"settle": "update, resolve", "crowd": "fixture",
}

var camel = regexp.MustCompile(`[A-Z]?[a-z]+|[A-Z]+`)

// TestNamesAreTheFields looks at declarations. Where a word is still to be
// replaced, or is right, is in wordsLeft.
func TestNamesAreTheFields(t *testing.T) {
	left := map[string]bool{}
	eachFile(t, func(f file) {
		if f.isTest() {
			return
		}
		_, syntax := f.parse(t)
		for _, id := range declared(syntax) {
			for _, w := range camel.FindAllString(id.Name, -1) {
				w = strings.ToLower(w)
				better, ok := private[w]
				if !ok {
					continue
				}
				key := f.area() + " " + w
				left[key] = true
				if !wordsLeft[key] {
					t.Errorf("%s: %s: instead of %q say %s", f.path, id.Name, w, better)
				}
			}
		}
	}, ".go")
	for key := range wordsLeft {
		if !left[key] {
			t.Errorf("%q is not there: take it out of wordsLeft", key)
		}
	}
}

// declared are the names that a file declares, but for local ones.
func declared(syntax *ast.File) (names []*ast.Ident) {
	for _, d := range syntax.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			names = append(names, d.Name)
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				switch s := spec.(type) {
				case *ast.TypeSpec:
					names = append(names, s.Name)
					ast.Inspect(s.Type, func(n ast.Node) bool {
						if field, ok := n.(*ast.Field); ok {
							names = append(names, field.Names...)
						}
						return true
					})
				case *ast.ValueSpec:
					names = append(names, s.Names...)
				}
			}
		}
	}
	return names
}

var (
	page    = regexp.MustCompile(`[A-Za-z0-9_./-]+\.md\b`)
	section = regexp.MustCompile(`docs/rules\.md, "([^"]+)"`)
	comment = regexp.MustCompile(`\n\s*(?://|#) ?`)
)

// TestCitedPagesExist: what a comment, a script or a page refers to can be
// looked up, and so can the section.
func TestCitedPagesExist(t *testing.T) {
	pages, sections := map[string]bool{}, []string(nil)
	eachFile(t, func(f file) {
		pages[f.path] = true
		if f.path == "docs/rules.md" {
			for l := range strings.SplitSeq(f.text, "\n") {
				if title, ok := strings.CutPrefix(strings.TrimLeft(l, "#"), " "); ok && strings.HasPrefix(l, "#") {
					sections = append(sections, title)
				}
			}
		}
	}, ".md")
	eachFile(t, func(f file) {
		if strings.HasPrefix(f.path, "internal/tools/house/") {
			return // this test names what is not there
		}
		for _, name := range page.FindAllString(f.text, -1) {
			if !pages[name] && !pages[path.Join(f.room(), name)] && !pages["docs/"+name] {
				t.Errorf("%s names %s, which is not in the repository", f.path, name)
			}
		}
		for _, m := range section.FindAllStringSubmatch(comment.ReplaceAllString(f.text, " "), -1) {
			if !slices.Contains(sections, m[1]) {
				t.Errorf("%s cites the section %q of docs/rules.md, which has none of that title", f.path, m[1])
			}
		}
	}, ".go", ".txtar", ".md", ".sh")
}
