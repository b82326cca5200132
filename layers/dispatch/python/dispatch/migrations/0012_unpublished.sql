-- Why an accepted patch did not come to its branch, and will not by itself.
ALTER TABLE patch ADD COLUMN unpublished_because text;
