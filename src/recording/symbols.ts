import type { Frame, Stack } from "../model/recording.ts";

/** What all processes of a recording share: frames, stacks, texts and names, each kept once and called by a number. */
export class Symbols {
  readonly frames: Frame[] = [];
  readonly stacks: Stack[] = [[]];
  readonly texts: string[] = [""];
  private readonly frameIds = new Map<string, number>();
  private readonly stackIds = new Map<string, number>([["", 0]]);
  private readonly textIds = new Map<string, number>([["", 0]]);

  frame(frame: Frame): number {
    const key = `${frame.file}\n${frame.line}\n${frame.name}\n${frame.kind}\n${frame.owner}`;
    const known = this.frameIds.get(key);
    if (known !== undefined) return known;
    this.frames.push(frame);
    this.frameIds.set(key, this.frames.length - 1);
    return this.frames.length - 1;
  }

  /** `frames` are numbers of frames, innermost first. */
  stack(frames: readonly number[]): number {
    const key = frames.join(",");
    const known = this.stackIds.get(key);
    if (known !== undefined) return known;
    this.stacks.push(frames.flatMap((id) => this.frames[id] ?? []));
    this.stackIds.set(key, this.stacks.length - 1);
    return this.stacks.length - 1;
  }

  text(text: string): number {
    const known = this.textIds.get(text);
    if (known !== undefined) return known;
    this.texts.push(text);
    this.textIds.set(text, this.texts.length - 1);
    return this.texts.length - 1;
  }

  textOf(id: number): string {
    return this.texts[id] ?? "";
  }

  stackOf(id: number): Stack {
    return this.stacks[id] ?? [];
  }
}
