/** Conversations as the peer keeps them: what it was told, and what its own persons say. */
import { Create, Delete, Note, ReplyAuthorization, Update } from "@fedify/vocab";

/** Keep a note, or what has become of it. */
export function remember(world, note) {
  world.thread.set(note.id.href, {
    as: note.attributionId?.href ?? null,
    to: note.replyTargetId?.href ?? null,
    content: String(note.content),
    published: note.published?.toString() ?? "",
  });
}

/** Keep what an activity says about a note, if its writer says it. */
export async function learn(ctx, world, activity) {
  if (activity instanceof Delete) {
    const gone = activity.objectId?.href;
    if (world.thread.get(gone)?.as === activity.actorId?.href) world.thread.delete(gone);
  } else if (activity instanceof Create || activity instanceof Update) {
    const note = await activity.getObject(ctx);
    const isTheirs = note instanceof Note && note.attributionId?.href === activity.actorId?.href;
    if (isTheirs) remember(world, note);
  }
}

/**
 * Fetch the leave that an Accept names, and see whether it is for the reply that asked.
 *
 * Gives why it is none, or "".
 */
export async function weighLeave(ctx, kept, accept) {
  const { resultId, actorId } = accept;
  const documentLoader = await ctx.getDocumentLoader({ identifier: kept.as });
  if (resultId?.origin !== actorId?.origin) return "it is on another host than who gave it";
  const leave = await ctx.lookupObject(resultId, { documentLoader });
  if (!(leave instanceof ReplyAuthorization)) return "it is no ReplyAuthorization";
  if (leave.attributionId?.href !== actorId.href) return "it is somebody else's";
  if (leave.interactingObjectId?.href !== kept.id) return "it is for another reply";
  if (leave.interactionTargetId?.href !== kept.to) return "it is for a reply to something else";
  return "";
}
