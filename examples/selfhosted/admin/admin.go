// Package admin is what the commands do to the data: tags, jobs, webhooks, imports, backups, checks, and what a customer
// may ask for.
//
// Each is done in one place, [Local], on the opened data. While a server runs it has the data open, and a command
// reaches the server's Local through a unix socket in the data directory, by a [Client]; otherwise the command opens
// the data itself. [Open] finds out which.
package admin

import (
	"context"
	"io"

	"github.com/avanter/voki/call/follow"
	"github.com/avanter/voki/privacy"
)

// Ops is what the commands ask for.
type Ops interface {
	// Tags returns the company's catalogue.
	Tags(ctx context.Context, tenant string) ([]Tag, error)
	// AddTag adds to it; an empty ID is made, an empty Color is the default.
	AddTag(ctx context.Context, tenant string, t Tag) (Tag, error)
	// RenameTag gives the tag of an id or name another name, color, or both; empty ones stay.
	RenameTag(ctx context.Context, tenant, tag string, to Tag) (Tag, error)
	// RemoveTag removes the tag of an id or name.
	RemoveTag(ctx context.Context, tenant, tag string) (Tag, error)

	// Jobs returns jobs of the company that the filter picks, as [follow.Jobs.List] does.
	Jobs(ctx context.Context, tenant string, f follow.Filter, after string, limit int) ([]follow.Job, error)
	// Job returns a job.
	Job(ctx context.Context, tenant, id string) (follow.Job, error)
	// RetryJob has a job tried again from now on.
	RetryJob(ctx context.Context, tenant, id string) (follow.Job, error)
	// CancelJob ends a job that has not ended.
	CancelJob(ctx context.Context, tenant, id string) (follow.Job, error)

	WebhookOps

	// Import takes over some ended calls, each a JSON object as [Row] reads it.
	Import(ctx context.Context, tenant string, rows [][]byte) (ImportResult, error)

	// Backup writes an archive of all data.
	Backup(ctx context.Context, w io.Writer) error

	// PreviewErase says what Erase would do.
	PreviewErase(ctx context.Context, tenant string, s Subject) (privacy.Report, error)
	// Erase takes a customer out of the calls of a company.
	Erase(ctx context.Context, tenant string, s Subject) (privacy.Report, error)
	// Export writes an archive of everything about a customer.
	Export(ctx context.Context, tenant string, s Subject, w io.Writer) error

	// Check verifies all data.
	Check(ctx context.Context) (Report, error)
}

// Tag is an entry of a catalogue.
type Tag struct {
	ID    string `json:"id"`
	Name  string `json:"name"`
	Color string `json:"color"`
}

// ImportResult says what became of the rows of an import.
type ImportResult struct {
	Imported int      `json:"imported"`
	Existed  int      `json:"existed"` // there before, and the same
	Bad      []BadRow `json:"bad"`     // in the order of the rows
}

// BadRow is a row that was not taken.
type BadRow struct {
	Index  int    `json:"index"` // from 0
	Reason string `json:"reason"`
}

// Report is what a check has found.
type Report struct {
	Tenants    int `json:"tenants"`
	Calls      int `json:"calls"`
	Events     int `json:"events"`
	Files      int `json:"files"`
	Recordings int `json:"recordings"`

	// Unfinished is how many uploads are going on, or were when the server died.
	Unfinished int `json:"unfinished"`

	// Findings say what is wrong, up to maxFindings of them; More how many others there are.
	Findings []string `json:"findings"`
	More     int      `json:"more"`

	// strays are the blobs that no row names.
	strays []string
}

// maxFindings bounds the list of findings.
const maxFindings = 1000

func (r *Report) add(finding string) {
	if len(r.Findings) == maxFindings {
		r.More++
		return
	}
	r.Findings = append(r.Findings, finding)
}
