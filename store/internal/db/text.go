package db

import "context"

// TextIndex is one of the texts that can be searched: a table whose rows have a
// number and a text in the form of models.NormText, so case and accents count.
type TextIndex struct {
	Name  string
	Table string // with the columns num and text
	Only  string // which of its rows are searched; "" for all
}

// The texts that can be searched.
var (
	MemberText       = TextIndex{Name: "member_text", Table: "memberships"}
	InvitationText   = TextIndex{Name: "invitation_text", Table: "invitations"}
	UserText         = TextIndex{Name: "user_text", Table: "users"}
	OrganizationText = TextIndex{Name: "organization_text", Table: "organizations", Only: "kind = 'shared'"}
)

// TextIndexes lists them.
func TextIndexes() []TextIndex {
	return []TextIndex{MemberText, InvitationText, UserText, OrganizationText}
}

// Text is how an engine finds the rows whose text holds a term.
type Text interface {
	// Put has the row of a number found by its text, which its table has already.
	Put(ctx context.Context, tx *Tx, x TextIndex, num int64, text string) error
	// PutNew is Put for many rows that the index does not have. Close it.
	PutNew(ctx context.Context, tx *Tx, x TextIndex) (TextWriter, error)
	Remove(ctx context.Context, tx *Tx, x TextIndex, num int64) error

	// Lookup finds a term among the rows numbered from first to last, which are
	// all of one organization. none tells that no text can hold it. It is nil
	// where the index is of no use for the term.
	Lookup(ctx context.Context, tx *Tx, x TextIndex, first, last int64, term string) (l Lookup, none bool, err error)
	// Holds keeps a query to rows whose column holds a term, by looking at each.
	Holds(column, term string, w *Where)
}

// TextWriter puts texts into an index one after the other.
type TextWriter interface {
	Put(ctx context.Context, num int64, text string) error
	Close() error
}

// Lookup is a term with the rows that an index has for it: candidates, of which
// some may lack the term where Exact is false.
type Lookup interface {
	Exact() bool
	// Candidates counts up to most+1.
	Candidates(ctx context.Context, tx *Tx, most int) (int, error)
	// From is what a query reads to meet only rows that hold the term. table is the
	// indexed one, or a query of some of its rows.
	From(table, alias string, w *Where) string
	// Some is From of no more than the first candidates. w must be empty.
	Some(table, alias string, most int, w *Where) string
	// Among narrows a query that reads the table in another way.
	Among(alias string, w *Where)
	// Number is the column by which From gives rows in the order of their numbers.
	Number(alias string) string
	// StartAt leaves out the rows before a number, or with desc those after it.
	StartAt(num int64, desc bool)
}

// Rows are numbered by organization, so that a search can keep to one
// organization without reading the others' rows: the upper bits are the number
// of the organization. Organizations themselves are numbered as of an
// organization 0, users as of one that there will never be.
const (
	NumberBits = 32
	UserSpace  = 1 << 30
)

// FirstNumber and LastNumber are the ends of an organization's range.
func FirstNumber(orgNum int64) int64 { return orgNum << NumberBits }
func LastNumber(orgNum int64) int64  { return orgNum<<NumberBits | (1<<NumberBits - 1) }
