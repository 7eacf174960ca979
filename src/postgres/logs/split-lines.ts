/** Whole lines from pieces of text. */
export interface NumberedLine {
  readonly text: string;
  readonly line: number;
}

export interface LineSplitter {
  push(chunk: string): NumberedLine[];
  /** The last line, where no line break ends it. */
  end(): NumberedLine[];
}

/** Of a line longer than `longest` characters the rest is dropped. */
export function splitLines(longest: number): LineSplitter {
  let rest = "";
  let line = 0;
  const numbered = (text: string): NumberedLine => {
    line += 1;
    return { text: text.endsWith("\r") ? text.slice(0, -1) : text, line };
  };
  return {
    push: (chunk) => {
      const parts = (rest + chunk).split("\n");
      rest = (parts.pop() ?? "").slice(0, longest);
      return parts.map(numbered);
    },
    end: () => {
      const last = rest;
      rest = "";
      return last === "" ? [] : [numbered(last)];
    },
  };
}
