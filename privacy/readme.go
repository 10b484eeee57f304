package privacy

import (
	"cmp"
	"fmt"
	"strings"
	"time"
)

// readme is the README.txt of an export.
func readme(slug, company string, subject Subject, made time.Time, calls int) string {
	var by []string
	if email := strings.TrimSpace(subject.Email); email != "" {
		by = append(by, "the e-mail address "+email)
	}
	if phone := strings.TrimSpace(subject.Phone); phone != "" {
		by = append(by, "the phone number "+phone)
	}
	return fmt.Sprintf(`Everything that %s keeps about the customer with %s: %d calls.
Made at %s.

calls/NUMBER-DATE/    one folder for each call, by the day on which the customer joined the queue
  call.json           what the API tells of the call, and the customer's reason and comment
  events.json         what happened to it, oldest first
  notes.json          what managers wrote about it
  files.json          what is known of the uploaded files
  files/              their content
  recording.json      what is known of the recording
  recording-*.webm    its content: what was heard of both, of the agent, of the customer
  transcript.json     what was said
  summary.json        what it was about
A file that is not there: there is nothing of the kind. A recording that is still coming in is not there:
it will be soon after the end of its call. Times are in UTC, durations in seconds, null is "no value".

It names people who work for the company, and texts may name others: look through it before you pass it on.
`, cmp.Or(company, slug), strings.Join(by, " or "), calls, made.Format(time.RFC3339))
}
