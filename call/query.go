package call

import (
	"strings"
	"sync"
	"time"
	"unicode"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// Query asks for calls of one tenant. Its zero value, with a tenant, asks for the newest 20.
type Query struct {
	Tenant string // set by the service from the actor

	// Any of these; nil: whichever. An empty one that is not nil lets nothing through.
	Statuses    []Status
	Departments []string
	Users       []string

	From  time.Time // InsertedAt not before; zero: no bound
	Until time.Time // InsertedAt before; zero: no bound

	// Search is a part of the customer's name or e-mail address, compared by [Fold]. It must not fold to nothing.
	Search string

	Sort Sort // Defaults to SortInsertedAt
	Asc  bool // Defaults to descending

	Offset int // rows to skip
	Limit  int // most rows to return. Defaults to 20

	// After, when not nil, starts behind the place that this call has in the order: the last row of what was read
	// before, whether it is still there or not. Unlike Offset, which counts from there, it is not moved by calls that
	// came in meanwhile.
	After *Call
}

// DefaultLimit is how many rows a [Query] without a limit returns; MaxLimit the most it may ask for.
const (
	DefaultLimit = 20
	MaxLimit     = 10_000
)

// Page is the answer to a [Query].
type Page struct {
	Calls []Call
	Total int // all that match, before Offset, Limit and After
}

// Sort names what calls are ordered by. Times are compared as they are printed, in whole seconds; names by [Fold]; a
// call without the value (for a name: an empty one) comes last in both directions; equal values are ordered by id, in the same direction. States
// are ordered as words.
type Sort string

// The orders.
const (
	SortInsertedAt     Sort = "inserted_at"
	SortStartedAt      Sort = "started_at"
	SortCompletedAt    Sort = "completed_at"
	SortDuration       Sort = "duration"
	SortWaitTime       Sort = "wait_time"
	SortRating         Sort = "rating"
	SortStatus         Sort = "status"
	SortCustomerName   Sort = "customer_name"
	SortUserName       Sort = "user_name"
	SortDepartmentName Sort = "department_name"
)

// Sorts lists all orders.
func Sorts() []Sort {
	return []Sort{
		SortInsertedAt, SortStartedAt, SortCompletedAt, SortDuration, SortWaitTime, SortRating, SortStatus,
		SortCustomerName, SortUserName, SortDepartmentName,
	}
}

// Valid reports whether s is one of the orders.
func (s Sort) Valid() bool {
	for _, known := range Sorts() {
		if s == known {
			return true
		}
	}
	return false
}

// of is q as an actor may ask it, of his own tenant.
func (q Query) of(a Actor) (Query, error) {
	if err := a.Require(RoleAttendant); err != nil {
		return Query{}, err
	}
	q.Tenant = a.Tenant
	return q.normal()
}

// normal fills the defaults of q and says what is wrong with it, by the names of the API page.
func (q Query) normal() (Query, error) {
	wrong := FieldErrors{}
	for _, s := range q.Statuses {
		if !s.Valid() {
			wrong.Add("status", "is invalid")
			break
		}
	}
	if q.Search != "" && Fold(q.Search) == "" {
		wrong.Add("search", "is invalid")
	}
	if q.Sort == "" {
		q.Sort = SortInsertedAt
	}
	if !q.Sort.Valid() {
		wrong.Add("sort_by", "is invalid")
	}
	if q.Limit == 0 {
		q.Limit = DefaultLimit
	}
	if q.Limit < 1 || q.Limit > MaxLimit {
		wrong.Add("page_size", "is invalid")
	}
	if q.Offset < 0 {
		wrong.Add("page", "must be greater than or equal to 1")
	}
	if !q.From.IsZero() && !q.Until.IsZero() && q.From.After(q.Until) {
		wrong.Add("date_from", "must not be after date_to")
	}
	return q, wrong.Err()
}

// Fold is the form in which texts are compared where case and accents do not count: "João" and "JOAO" fold to the
// same, as do letters and digits in other forms (½ is 1⁄2). A text of nothing but marks folds to an empty one.
func Fold(s string) string {
	if ascii(s) {
		return strings.ToLower(s)
	}
	if folded, ok := foldLatin(s); ok {
		return folded
	}
	return foldAny(s)
}

func foldAny(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Mn, r) {
			return -1
		}
		return r
	}, norm.NFKD.String(s))
	return norm.NFC.String(cases.Fold().String(s))
}

// latinEnd is behind the letters of Latin-1 and Latin Extended-A, which all fold by themselves, whatever is beside them.
const latinEnd = 0x180

var latin = sync.OnceValue(func() *[latinEnd]string {
	var folded [latinEnd]string
	for r := range folded {
		folded[r] = foldAny(string(rune(r)))
	}
	return &folded
})

// foldLatin folds a text of such letters, as most names with accents are.
func foldLatin(s string) (folded string, ok bool) {
	table := latin()
	var buf [64]byte
	b := buf[:0]
	for _, r := range s {
		if r >= latinEnd {
			return "", false
		}
		b = append(b, table[r]...)
	}
	return string(b), true
}

func ascii(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}
